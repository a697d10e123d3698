import type { GraphNic, GraphNode, GraphPod, VnicGraph } from "./graph.ts";

/** A rectangle in the picture's units, which are pixels at zoom 1. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly networks: readonly (Box & { readonly name: string; readonly colour: number })[];
  readonly nodes: readonly (Box & { readonly node: GraphNode })[];
  readonly pods: readonly (Box & { readonly pod: GraphPod })[];
  readonly nics: readonly (Box & { readonly nic: GraphNic; readonly network: number })[];
}

const margin = 24;
const networkSize = { width: 190, height: 44, gap: 16 };
/** Width of the gap between networks and nodes, through which the lines run. */
const corridor = 110;
const nodeWidth = 360;
const nodeGap = 20;
const heading = 30;
const podHeading = 24;
const podGap = 10;
const nicHeight = 22;
const inset = 12;

/** Places networks on the left, and nodes in columns beside them. */
export function layOut({ networks, nodes }: VnicGraph): Layout {
  const heights = nodes.map(heightOf);
  const columns = packColumns(heights);
  const left = margin + networkSize.width + corridor;
  const placed = nodes.map((node, index) => {
    const { column, y } = columns[index]!;
    const x = left + column * (nodeWidth + nodeGap);
    return { x, y: margin + y, width: nodeWidth, height: heights[index]!, node };
  });
  const pods = placed.flatMap(placePods);
  const nics = pods.flatMap(({ x, y, width, pod }) =>
    pod.nics.map((nic, index) => ({
      ...{ x: x + 1, y: y + podHeading + index * nicHeight, width: width - 2, height: nicHeight },
      ...{ nic, network: networks.indexOf(nic.network) },
    })),
  );
  const below = [
    ...placed.map(({ y, height }) => y + height),
    margin + networks.length * (networkSize.height + networkSize.gap),
  ];
  const height = Math.max(...below) + margin;
  const usedByNetworks = networks.length * (networkSize.height + networkSize.gap) - networkSize.gap;
  const top = Math.max(margin, (height - usedByNetworks) / 2);
  return {
    width: Math.max(left, ...placed.map(({ x, width }) => x + width)) + margin,
    height,
    networks: networks.map((name, index) => ({
      ...{ x: margin, y: top + index * (networkSize.height + networkSize.gap) },
      ...{ width: networkSize.width, height: networkSize.height, name, colour: index },
    })),
    nodes: placed,
    pods,
    nics,
  };
}

function heightOf({ pods }: GraphNode): number {
  return heading + pods.reduce((sum, pod) => sum + podHeight(pod) + podGap, 0) + inset - podGap;
}

function podHeight({ nics }: GraphPod): number {
  return podHeading + nics.length * nicHeight + 6;
}

function placePods({ x, y, width, node }: Layout["nodes"][number]): Layout["pods"][number][] {
  let top = y + heading;
  return node.pods.map((pod) => {
    const box = { x: x + inset, y: top, width: width - 2 * inset, height: podHeight(pod), pod };
    top += box.height + podGap;
    return box;
  });
}

/** The aspect ratio of a screen, which the picture should fill. */
const screen = { width: 16, height: 9 };

/** Appends each node to the shortest column; the number of columns is that with the largest picture on a screen. */
function packColumns(heights: readonly number[]): { column: number; y: number }[] {
  const choices = heights.map((_, index) => pack(heights, index + 1));
  return choices.sort((one, other) => other.scale - one.scale)[0]?.places ?? [];
}

function pack(heights: readonly number[], count: number) {
  const ends = new Array<number>(count).fill(0);
  const places = heights.map((height) => {
    const column = ends.indexOf(Math.min(...ends));
    const y = ends[column]!;
    ends[column] = y + height + nodeGap;
    return { column, y };
  });
  const width = margin + networkSize.width + corridor + count * (nodeWidth + nodeGap);
  return { places, scale: Math.min(screen.width / width, screen.height / Math.max(...ends)) };
}
