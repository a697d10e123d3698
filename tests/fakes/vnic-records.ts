import type { Watched } from "../../provider/cluster/cluster.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";

/** Watched records of Vnics, with one listener to their changes. */
export class FakeVnicRecords implements Watched<StoredVnic> {
  private all: readonly StoredVnic[];
  private tell: (vnic: StoredVnic) => void = () => undefined;

  constructor(...all: StoredVnic[]) {
    this.all = all;
  }

  list(): readonly StoredVnic[] {
    return this.all;
  }

  listIn(wanted: string): readonly StoredVnic[] {
    return this.all.filter(({ metadata: { namespace } }) => namespace === wanted);
  }

  find({ namespace, name }: { readonly namespace: string; readonly name: string }): StoredVnic | undefined {
    return this.listIn(namespace).find(({ metadata }) => metadata.name === name);
  }

  onChange(listener: (vnic: StoredVnic) => void): void {
    this.tell = listener;
  }

  onGone(): void {}

  /** Replaces all records by a changed one, and reports it. */
  change(vnic: StoredVnic): void {
    this.all = [vnic];
    this.tell(vnic);
  }
}
