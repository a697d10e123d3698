import { expect } from "chai";
import { LineLimit, logAbout } from "../../../provider/agent/log.ts";
import { FakeClock } from "../../fakes/clock.ts";

describe("the agent's log", () => {
  const written: string[] = [];
  const usual = console.log;
  beforeEach(() => {
    written.length = 0;
    console.log = (line: string) => void written.push((JSON.parse(line) as { message: string }).message);
  });
  afterEach(() => (console.log = usual));

  const write = (uid: string, message: string, limit: LineLimit) =>
    logAbout({ uid, interfaceName: "net1", netns: "/run/netns/a" }, message, limit);

  it("has at most 60 lines about one Vnic within a minute, and says that there were more", () => {
    const clock = new FakeClock();
    const limit = new LineLimit(clock);
    for (let line = 1; line <= 1000; line++) write("one", `line ${line}`, limit);
    expect(written).to.have.length(60);
    expect(written.slice(-2)).to.deep.equal(["line 59", "there are too many messages, and no more within this minute"]);
    write("other", "its own", limit);
    expect(written.at(-1)).to.equal("its own");
    clock.pass(60);
    write("one", "later", limit);
    expect(written.at(-1)).to.equal("later");
    expect(written).to.have.length(62);
  });
});
