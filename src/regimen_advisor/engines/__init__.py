"""The engines: each judges the same rules, and each knows conditions, facts and standings but no other engine."""
