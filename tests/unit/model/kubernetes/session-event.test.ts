import { expect } from "chai";
import { whyNotStarted } from "../../../../provider/model/kubernetes/session-event.ts";

const warning = (reason: string, message: string) => ({ type: "Warning", reason, message });

describe("the reason why a session's pod doesn't start", () => {
  it("is in the last warning about it", () =>
    expect(
      whyNotStarted([
        warning("FailedMount", "not yet"),
        warning("FailedCreatePodSandBox", "no image"),
        { type: "Normal", reason: "Pulling", message: "Pulling image" },
      ]),
    ).to.equal("FailedCreatePodSandBox: no image"));

  it("comes with a remedy when a directory doesn't exist", () =>
    expect(whyNotStarted([warning("FailedMount", "hostPath type check failed: /x is not a directory")])).to.match(
      /^FailedMount: hostPath type check failed: \/x is not a directory; .*annotation pulumi-vnic\.dev\/runtime-layout$/,
    ));

  for (const reason of ["FailedCreate", "OutOfpods", "OutOfcpu"])
    it(`may be the event ${reason}`, () => expect(whyNotStarted([warning(reason, "x")])).to.equal(`${reason}: x`));

  it("isn't any other event", () => {
    expect(whyNotStarted([])).to.equal(undefined);
    expect(whyNotStarted([{ type: "Normal", reason: "FailedMount" }, warning("DNSConfigForming", "x"), {}])).to.equal(
      undefined,
    );
  });
});
