import { expect } from "chai";
import { observe } from "../../../provider/lifecycle/observe.ts";
import { Surveyor } from "../../../provider/lifecycle/survey.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { vnicId } from "../../../provider/model/names.ts";
import { refOf, type StoredVnic, stateOfRecord } from "../../../provider/model/vnic/record.ts";
import type { Request } from "../../../provider/model/wire/session-protocol.ts";
import { attachedStatus } from "../../../provider/model/vnic/status.ts";
import { rejection } from "../../fakes/cluster.ts";
import { type FakeDriver, fakeDriver } from "../../fakes/driver.ts";
import { association, containerId, liveInterface, pod, storedVnic, uid } from "../../fakes/objects.ts";

const few = 4;
const many = 10;

describe("a survey of many Vnics", () => {
  let driver: FakeDriver;
  let surveyor: Surveyor;
  let records: StoredVnic[];
  beforeEach(() => {
    driver = fakeDriver({ lingerMilliseconds: 1000 });
    surveyor = new Surveyor(driver);
    records = Array.from({ length: many }, (_, index) => recordAt(index));
    records.forEach((record) => driver.cluster.store(record));
    driver.cluster.nodeSide.observe = (request) => seenOn(request);
    driver.cluster.calls.length = 0;
  });
  afterEach(() => driver.sessions.close());

  /** The Vnic with the given number, in the only pod. */
  function recordAt(index: number): StoredVnic {
    const name = `wire-${index}`;
    const record = storedVnic({ name, interfaceName: `net${index}` }, { uid: uid(10 + index) });
    const result = { association: association(), interface: liveInterface({ name: `net${index}` }) };
    const at = { namespace: "shop", name: "db-0", uid: uid(2), node: "worker-1", containerId };
    return { ...record, status: attachedStatus(record, at, result, new Date(0)) };
  }

  function seenOn(request: Request) {
    const name = request.verb === "observe" ? request.plan.vnic.name.replace("wire-", "net") : "";
    return { interface: liveInterface({ name }), sandboxId: association().sandboxId, resourceFile: true };
  }

  const look = (record: StoredVnic) =>
    observe(driver, refOf(record), stateOfRecord(record, "0.1.0"), { view: surveyor.nextView() });
  const lookAtAll = () => Promise.all(records.map(look));
  const calls = (method: string) => driver.cluster.calls.filter((call) => call.startsWith(`${method} `));
  const verbs = () => driver.cluster.nodeSide.work.map(({ verb }) => verb);

  it("observes the first few one by one, and then all others with one list and one request", async () => {
    const seen = await lookAtAll();
    expect(seen).to.deep.equal(records.map((record) => stateOfRecord(record, "0.1.0")));
    expect(calls("findVnic")).to.deep.equal(
      records.slice(0, few).map(({ metadata }) => `findVnic ${vnicId(metadata)}`),
    );
    expect(calls("listVnicsIn")).to.deep.equal(["listVnicsIn shop"]);
    expect(calls("findPod")).to.have.length(few + 1);
    expect(verbs()).to.have.members([...Array<string>(few).fill("observe"), "survey"]);
  });

  it("reports differences", async () => {
    driver.cluster.nodeSide.observe = () => ({
      interface: liveInterface({ up: false }),
      sandboxId: "another",
      resourceFile: false,
    });
    for (const seen of (await lookAtAll()).slice(few))
      expect(seen?.drift).to.include.members([
        "the sandbox of pod shop/db-0 was replaced",
        "the Vnic resource file is missing",
        "the NIC is down",
      ]);
    expect(verbs()).to.include("survey");
  });

  /** Objects that are missing in a survey, and a check that the Vnic was then observed alone. */
  const missed: [what: string, arrange: () => void, lookAlone: () => void][] = [
    [
      "its record",
      () => (driver.cluster.listVnicsIn = async () => records.slice(0, many - 1)),
      () => expect(calls("findVnic")).to.include("findVnic shop/wire-9"),
    ],
    [
      "its NIC",
      () =>
        (driver.cluster.nodeSide.survey = () => ({
          seen: [{ uid: uid(19), as: { sandboxId: association().sandboxId, resourceFile: true } }],
        })),
      () =>
        expect(verbs()).to.deep.equal([
          ...Array<string>(few).fill("observe"),
          "survey",
          ...Array<string>(6).fill("observe"),
        ]),
    ],
  ];
  for (const [what, arrange, lookAlone] of missed)
    it(`never reports that ${what} is missing without observing that Vnic by itself`, async () => {
      arrange();
      expect((await lookAtAll()).map((seen) => seen?.drift)).to.deep.equal(Array(many).fill(undefined));
      lookAlone();
    });

  it("observes each Vnic by itself when the survey fails, and fails with that error", async () => {
    driver.cluster.failNext("listVnicsIn", new VnicError("forbidden", "listing Vnics: no"));
    driver.cluster.failNext("listVnicsIn", new VnicError("forbidden", "listing Vnics: no"));
    expect((await lookAtAll()).map((seen) => seen?.drift)).to.deep.equal(Array(many).fill(undefined));
    driver.cluster.nodeSide.survey = () => {
      throw new Error("too much");
    };
    driver.cluster.nodeSide.observe = () => {
      throw new VnicError("refused", "pod shop/db-0 doesn't run here");
    };
    surveyor.forget();
    expect((await rejection(lookAtAll())).message).to.equal("pod shop/db-0 doesn't run here");
  });

  it("looks into the current pod, not into the one in the record", async () => {
    driver.cluster.pods.set("shop/db-0", pod({ uid: uid(9) }));
    for (const seen of await lookAtAll()) expect(seen?.drift).to.deep.equal(["pod shop/db-0 was replaced"]);
    expect(verbs()).to.deep.equal([]);
  });

  it("surveys again after a change", async () => {
    await lookAtAll();
    driver.cluster.nodeSide.observe = () => ({
      interface: liveInterface({ up: false }),
      sandboxId: association().sandboxId,
      resourceFile: true,
    });
    const [record] = records;
    if (!record) throw new Error("no record");
    expect((await look(record))?.drift).to.equal(undefined);
    surveyor.forget();
    expect((await look(record))?.drift).to.include("the NIC is down");
  });
});
