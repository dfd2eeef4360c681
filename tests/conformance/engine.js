"use strict";
// The page's engine without a browser: reads {scripts, data, profiles} from standard input, writes an answer a profile.
const { readFileSync } = require("node:fs");
const { stdout } = require("node:process");
const { runInThisContext } = require("node:vm");

const { scripts, data, profiles } = JSON.parse(readFileSync(0, "utf-8"));
for (const script of scripts) runInThisContext(script);

const answer = runInThisContext(`(data) => {
  const engine = new Engine(data);
  const solver = new Solver(engine);
  const value = (fact, found) => {
    if (fact.kind === "number") return [found.low, found.high, Boolean(found.absent)];
    const words = (mask) => fact.words.filter((word) => mask & fact.bit.get(word)).sort();
    return fact.kind === "choice" ? words(found.can) : { must: words(found.must), may: words(found.may) };
  };
  return (profile, asked) => {
    const patient = readProfile(profile, engine);
    const judge = engine.judge(patient.facts);
    const advice = advise(patient, engine, solver);
    const { advisor } = advice;
    return {
      facts: Object.fromEntries(Object.values(engine.facts).map((fact) => [fact.name, value(fact, patient.facts[fact.name])])),
      node_by_node: Object.fromEntries(Object.entries(engine.conditions).map(([id, one]) =>
        [id, standingOf(judge(one.offer), judge(one.exclusion), judge(one.caution))])),
      standings: advisor.standings,
      truths: advisor.truths,
      questions: asked ? advisor.missing(advice).map((one) => [one.question, one.settles]) : [],
    };
  };
}`)(data);
stdout.write(JSON.stringify(profiles.map(([profile, asked]) => answer(profile, asked))));
