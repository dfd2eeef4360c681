"""Judge the same rules by several engines; each knows conditions, facts and standings but no other engine."""
