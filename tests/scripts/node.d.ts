// The parts of Node that the scripts of the tests use: with Node's own types, a script of the page could use them too.
declare module "node:fs" {
  export function readFileSync(file: 0, encoding: "utf-8"): string;
}
declare module "node:process" {
  export const stdout: { write(text: string): boolean };
}
declare module "node:vm" {
  export function runInThisContext(code: string): any;
}
