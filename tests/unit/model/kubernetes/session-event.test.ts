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

  for (const reason of ["FailedCreate", "OutOfpods", "OutOfcpu", "Evicted"])
    it(`may be the event ${reason}`, () => expect(whyNotStarted([warning(reason, "x")])).to.equal(`${reason}: x`));

  for (const state of ["Error: ErrImagePull", "Error: ImagePullBackOff", 'Back-off pulling image "x"'])
    it(`is the cause rather than the state ${state}`, () => {
      const cause = warning("Failed", 'Failed to pull image "x": no such host');
      expect(whyNotStarted([cause, warning("Failed", state)])).to.equal(`Failed: ${cause.message}`);
      expect(whyNotStarted([warning("Failed", state)])).to.equal(`Failed: ${state}`);
    });

  it("isn't any other event", () => {
    expect(whyNotStarted([])).to.equal(undefined);
    expect(whyNotStarted([{ type: "Normal", reason: "FailedMount" }, warning("DNSConfigForming", "x"), {}])).to.equal(
      undefined,
    );
  });
});
