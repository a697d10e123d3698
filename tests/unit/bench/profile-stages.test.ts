import { expect } from "chai";
import { callsOf, stagesOf } from "../../bench/profile-stages.ts";

const vnic = "/apis/pulumi-vnic.dev/v1alpha1/namespaces/shop/vnics/wire";
const exchanges = [
  { request: "GET /api/v1/namespaces/shop/pods/db-0", beganAt: 110, endedAt: 115 },
  { request: `PATCH ${vnic}`, beganAt: 115, endedAt: 125 },
  { request: "POST /apis/batch/v1/namespaces/vnic-system/jobs", beganAt: 130, endedAt: 140 },
  { request: `PATCH ${vnic}/status`, beganAt: 250, endedAt: 260 },
  { request: `PATCH ${vnic}-2/status`, beganAt: 280, endedAt: 300 },
];
const observed = {
  beganAt: 10,
  endedAt: 400,
  exchanges,
  sent: [
    { at: 190, bytes: 30 },
    { at: 200, bytes: 700 },
  ],
};

describe("the stages of a creation", () => {
  it("cover all of its time", () => {
    const stages = stagesOf(observed);
    expect(stages).to.deep.equal({ start: 100, record: 20, session: 70, work: 80, last: 20, end: 100 });
    expect(Object.values(stages).reduce((sum, each) => sum + each, 0)).to.equal(390);
  });

  it("have no start of a session if one was open", () => {
    const warm = { ...observed, exchanges: exchanges.filter(({ request }) => !request.startsWith("POST")) };
    expect(stagesOf(warm)).to.deep.equal({ start: 100, record: 90, work: 80, last: 20, end: 100 });
  });

  it("have no work of a node if none was asked", () => {
    expect(stagesOf({ ...observed, sent: [] })).to.deep.equal({ start: 100, record: 170, last: 20, end: 100 });
  });

  it("are one if there was no request", () => {
    expect(stagesOf({ ...observed, exchanges: [], sent: [] })).to.deep.equal({ start: 390 });
  });

  it("are accompanied by the requests of each kind", () => {
    expect(callsOf(observed)).to.deep.equal({
      "GET pods": { count: 1, busy: 5 },
      "PATCH vnics": { count: 1, busy: 10 },
      "POST jobs": { count: 1, busy: 10 },
      "PATCH vnics/status": { count: 2, busy: 30 },
    });
  });
});
