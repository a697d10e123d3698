import { expect } from "chai";
import { startDialogue } from "../../../provider/node/run.ts";
import { rejection } from "../../fakes/cluster.ts";

describe("a program that is asked one thing after the other", () => {
  it("answers each line, in order, also of many at once", async () => {
    const cat = startDialogue("cat", []);
    expect(await Promise.all(["one", "two", "three"].map((line) => cat.ask(line)))).to.deep.equal([
      "one",
      "two",
      "three",
    ]);
    expect(await cat.ask("four")).to.equal("four");
    cat.end();
  });

  it("answers what it was asked before it was let go", async () => {
    const cat = startDialogue("cat", []);
    const answer = cat.ask("one");
    cat.end();
    expect(await answer).to.equal("one");
  });

  it("fails in its own words, whoever asks", async () => {
    const ls = startDialogue("ls", ["/no/such/folder"]);
    for (const line of ["one", "two"])
      expect((await rejection(ls.ask(line))).message).to.match(/^ls \/no\/such\/folder: ls: .*No such file/);
  });

  it("fails when it has ended well, too", async () => {
    const head = startDialogue("head", ["-n", "1"]);
    expect(await head.ask("one")).to.equal("one");
    expect((await rejection(head.ask("two"))).message).to.equal("head ended without an answer");
    expect((await rejection(head.ask("three"))).message).to.equal("head ended without an answer");
  });

  it("fails when there is no such program", async () => {
    expect((await rejection(startDialogue("no-such-program", []).ask("one"))).message).to.include("no-such-program");
  });
});
