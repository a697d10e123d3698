import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Session } from "./session.ts";
import type { World } from "./world.ts";

const tools = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The program `ip` as on a kernel before 6.2, which renames no link that is up. Everything else is done by the real
 * program and kernel, line by line.
 */
const oldIp = `#!/bin/sh
PATH=${tools}
case "$*" in *-batch*) ;; *) exec ip "$@" ;; esac
options="$*"
n=0
while IFS= read -r line; do
  n=$((n + 1))
  case "$line" in
    *" netns "*) ;;
    "link set dev "*" name "*)
      link=\${line#link set dev }
      link=\${link%% *}
      # \`ip link show\` takes no index, which is what a name like if0012 means.
      index=$(echo "$link" | sed 's/^if0*//')
      # It may complain of a namespace that is just being made.
      if ip -o link 2>/dev/null | grep -E "^$index: |^[0-9]+: $link[:@]" | grep -q '[<,]UP[,>]'; then
        printf 'RTNETLINK answers: Device or resource busy\\nCommand failed -:%s\\n' $n >&2
        exit 1
      fi ;;
  esac
  if ! said=$(printf '%s\\n' "$line" | ip $options 2>&1); then
    printf '%s\\n' "$said" | sed "s/Command failed -:1/Command failed -:$n/" >&2
    exit 1
  fi
  test -z "$said" || printf '%s\\n' "$said"
done
`;

/** A session of a world's node whose kernel seems to be older than 6.2. It ends with the world. */
export async function sessionOnOldKernel(world: World): Promise<Session> {
  const folder = await mkdtemp(join(tmpdir(), "vnic-old-kernel-"));
  world.onClose(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "ip"), oldIp);
  await chmod(join(folder, "ip"), 0o755);
  const session = new Session(world.node, world.root, ["env", `PATH=${folder}:${tools}`]);
  world.onClose(() => session.close());
  return session;
}
