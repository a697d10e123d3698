import { expect } from "chai";
import { startRounds } from "../../../provider/reconciler/rounds.ts";
import { FakeClock } from "../../fakes/clock.ts";

describe("rounds", () => {
  const setUp = (places: string[], isBusy = () => false) => {
    const clock = new FakeClock();
    const visited: { readonly place: string; readonly at: number }[] = [];
    const end = startRounds({
      ...{ clock, everySeconds: 300, leastSeconds: 1, places: () => places, isBusy },
      visit: (place) => void visited.push({ place, at: clock.now() / 1000 - beganAt }),
    });
    const beganAt = clock.now() / 1000;
    const visits = () => visited.map(({ place }) => place).join("");
    return { clock, visited, visits, end };
  };

  it("visit all places in turn, evenly over the interval", async () => {
    const { clock, visited } = setUp(["a", "b", "c"]);
    await clock.advance(600);
    expect(visited.map(({ place, at }) => `${place} ${at}`)).to.deep.equal([
      "a 100",
      "b 200",
      "c 300",
      "a 400",
      "b 500",
      "c 600",
    ]);
  });

  it("take longer than the interval if there are too many places for it", async () => {
    const places = Array.from({ length: 1000 }, (_, index) => `node-${index}`);
    const { clock, visited } = setUp(places);
    await clock.advance(1000);
    expect(visited.map(({ place }) => place)).to.deep.equal(places);
  });

  it("visit a new place within an interval, and one that is gone no more", async () => {
    const places = ["a", "b", "c"];
    const { clock, visits } = setUp(places);
    await clock.advance(100);
    places.splice(1, 1, "d");
    await clock.advance(300);
    expect(visits()).to.equal("acad");
  });

  it("go on where there was no place for a time", async () => {
    const places: string[] = [];
    const { clock, visits } = setUp(places);
    await clock.advance(450);
    places.push("a");
    await clock.advance(300);
    expect(visits()).to.equal("a");
  });

  it("let other work go first", async () => {
    let isBusy = true;
    const { clock, visited } = setUp(["a"], () => isBusy);
    await clock.advance(305);
    expect(visited).to.be.empty;
    isBusy = false;
    await clock.advance(1);
    expect(visited).to.deep.equal([{ place: "a", at: 306 }]);
  });

  it("go on, slower, beside work that doesn't end", async () => {
    const { clock, visited } = setUp(
      Array.from({ length: 1000 }, (_, index) => `node-${index}`),
      () => true,
    );
    await clock.advance(100);
    expect(visited).to.have.length(10);
  });

  it("end", async () => {
    const { clock, visits, end } = setUp(["a"]);
    await clock.advance(300);
    end();
    await clock.advance(3000);
    expect(visits()).to.equal("a");
  });
});
