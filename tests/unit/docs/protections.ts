/** Titles of tests, by file below tests/. In a title, … stands for a part that varies. */
export type Proofs = Readonly<Record<string, readonly string[]>>;

/** What docs/security.md says that somebody can't do, and the tests that try it. */
export const protections: Readonly<Record<string, Proofs>> = {
  "a pod with a Vnic can't run anything on the node, or set a name, a MAC, an address or a setting there that every device has in ip(8)":
    {
      "kernel/hostile-pod.test.ts": [
        "that writes … into the alias of its link of mode … causes nothing on the node",
        "that puts its own link in the place of a device moves none of it to the node",
        "that changes settings of a device and gives it alternative names leaves none of them to the node",
        "that changes sizes for IPv4 alone, which ip may not know, doesn't leave them to the node",
      ],
      "unit/node/hostile-pod.test.ts": [
        "leads to no ip command that the node program wouldn't run otherwise, in 10 000 states",
      ],
    },
  "a pod with a Vnic can't leave an XDP program on a device that returns to the node": {
    "kernel/hostile-pod.test.ts": [
      "that leaves a program of type … on a device doesn't leave it to the node",
      "gets no device that has a program of the node",
    ],
  },
  "a pod with a Vnic can't keep its NIC by renaming, unmarking or enslaving it": {
    "kernel/hostile-pod.test.ts": [
      "that renames, re-addresses and unmarks its link of mode … loses the link nonetheless",
      "that makes its link of mode … a port of a bridge loses the link nonetheless",
      "that gives a device names with control characters, or that aren't text, doesn't keep it",
      "that gives other links all names by which ip could refer to its NIC of mode … loses it, and none of the others",
      "gets a NIC of mode … from that link, and loses it, when the pod …",
      "that deletes its link of mode …, placement …, again and again never prevents its removal",
      "that puts routes and rules of its own among the Vnic's doesn't prevent its removal",
    ],
    "kernel/hostile-traffic-control.test.ts": [
      "by queues, filters and redirections loses it, and leaves none of these: …",
      "by policies of IPsec loses it, and leaves none of these: …",
      "and renames it without an end never keeps it: …",
    ],
  },
  "a pod with a Vnic can't prevent the removal of another pod's Vnic, or change the node": {
    "kernel/hostile-pod.test.ts": [
      "never prevents the removal of another pod's Vnic, whatever it does",
      "gets one of two devices of a kind, and the node's other one is never changed",
    ],
    "kernel/fuzz.test.ts": ["on its Vnic of mode … changes nothing on the node, and keeps nothing of it"],
  },
  "a pod with a Vnic can't have its removed NIC taken for gone by leaving another link in its place, while the NIC is still up with its MAC":
    {
      "kernel/hostile-namespaces.test.ts": [
        "…, is reported, placement …",
        "a macvlan on its NIC's parent, is reported",
      ],
    },
  "a pod with a Vnic can't become the root of the spanning tree of the node's bridge, or close any port of it but its own":
    { "kernel/hostile-spanning-tree.test.ts": ["can't become its root, and closes only its own port by trying"] },
  "a pod with a Vnic can't fill the MAC table of the node's bridge, or draw another pod's frames there by its MAC": {
    "kernel/hostile-bridge-port.test.ts": [
      "can't fill the bridge's table with MACs, or draw another pod's frames by its MAC",
    ],
  },
  "a pod with a Vnic can't reach the node by the port that a deleted bridge leaves, or become the node's router there":
    {
      "kernel/hostile-bridge-port.test.ts": [
        "doesn't reach the node by the port that is left when the bridge is deleted, or become its router",
      ],
    },
  "a pod with `hostUsers: false` can't make links on the node's NICs by the ID of the node's network namespace": {
    "kernel/hostile-namespaces.test.ts": [
      "can't with all capabilities in a user namespace of its own (hostUsers: false)",
    ],
  },
  "a pod with a Vnic can't exhaust the memory of the node side or the node agent by its number of links or addresses": {
    "unit/node/large-outputs.test.ts": [
      "needs no more memory than an injection Job has, however many such programs run at once",
    ],
    "unit/agent/watch.test.ts": ["asks for no addresses that a pod has added to its NIC itself"],
  },
  "a pod with a Vnic can't keep other links that it has made on its NIC, or take its NIC out of sight while it is set up":
    {
      "kernel/hostile-pod.test.ts": [
        "that makes links on the NIC's own parent loses them, too, and keeps those that it had before",
        "that makes 2000 links on its NIC's parent loses all of them within a minute",
        "that goes on making links on the NIC's own parent loses all of them, or is named until it stops",
        "that makes links on its NIC as soon as that comes loses them",
        "can't make a link count as older than a Vnic by the index of one that it has made on another Vnic",
        "that marks links on its NIC's parent as another Vnic's loses them, too",
        "that makes links on a device loses them, and keeps the device from coming back while one is out of sight",
        "that moves a device without hardware there is reported, as long as the pod has links on it",
        "loses it when that is undone, even if it has renamed and unmarked it, and what it has made on it",
        "is named, and the resource file stays, if it has taken the link out of sight",
      ],
    },
  "rights on Vnics can't give a network inline, or use another namespace's NetworkAttachmentDefinition": {
    "api/tenant.test.ts": ["gets no inline network into a … by …", "is refused the NetworkAttachmentDefinition …"],
    "api/raw-requests.test.ts": ["stores no inline network of a … that has …"],
    "lifecycle/tenants.test.ts": ["with the name … is refused … in a …"],
  },
  "rights on Vnics can't change the spec of an inline Vnic that somebody else made": {
    "lifecycle/tenants.test.ts": [
      "may label and delete an inline Vnic of somebody else, and change nothing else of it",
    ],
    "api/tenant.test.ts": [
      "takes no record off an inline network, or off one of another namespace, to give it a network of its own",
    ],
  },
  "rights on Vnics can't choose a MAC, or switch probing off, on a NetworkAttachmentDefinition": {
    "api/tenant.test.ts": [
      "has no … on a NetworkAttachmentDefinition, unless somebody with the right gave it",
      "takes no MAC, and no unprobed address, from a Network that allows them to a NetworkAttachmentDefinition",
    ],
  },
  "rights on Vnics can't use a Network that is reserved for other namespaces": {
    "api/tenancy.test.ts": ["refuses records of namespaces that the Network isn't for, and accepts those of others"],
  },
  "rights on Vnics can't learn more of such a Network than its name": {
    "api/raw-requests.test.ts": [
      "tells a namespace that may not use a Network nothing about it, whatever the record asks for",
    ],
    "unit/reconciler/vnic-set-network.test.ts": [
      "… gets no Vnics, and its status shows neither these namespaces nor the network's ranges",
    ],
  },
  "rights on Vnics can't have an address outside of a Network's ranges, a reserved address or a gateway's address, in whatever notation":
    {
      "lifecycle/tenants.test.ts": ["is refused an address outside of the Network's terms: …"],
      "api/network-terms.test.ts": [
        "refuse the reserved address … in this notation",
        "refuse a gateway's address … in this notation",
      ],
    },
  "rights on Vnics can't have an address that is no host's, such as a broadcast address, or a link-local one that no range contains":
    {
      "api/tenant.test.ts": ["is refused the address …"],
      "api/network-terms.test.ts": [
        "refuse …, an end of a range's subnet",
        "allow addresses that are link-local or for NAT64 only if ranges contain them",
      ],
    },
  "rights on Vnics can't choose any MAC, or switch probing off, unless the Network allows it": {
    "lifecycle/tenants.test.ts": ["is refused a MAC of a vendor"],
    "unit/model/network/terms.test.ts": [
      "are checked at preview for a Network of the same program, except for unknown values",
    ],
  },
  "rights on Vnics can't have the MAC of the node or of its default gateway, whatever the Network allows": {
    "kernel/parents.test.ts": [
      "may carry the node's own traffic, but no Vnic may have an address or MAC of the node or its gateway",
    ],
    "unit/node/node-addresses.test.ts": ["have MACs that no new NIC may have"],
  },
  "rights on Vnics can't have more Vnics on a Network than it allows for each namespace, or hide a Vnic from the deletion of its Network":
    {
      "api/quota.test.ts": [
        "is reached and never exceeded by 20 creations of four drivers at the same time",
        "counts NICs whose records were changed to another MAC and network, and lost all labels and annotations",
      ],
      "lifecycle/tenants.test.ts": [
        "what the Network's terms don't allow, even without policies, and what CEL can't check",
      ],
      "unit/lifecycle/network/terms.test.ts": [
        "counts a Vnic whose NIC is still on it, although its record names a network that can't be used",
        "can't be deleted while a NIC is on it, whatever the record says",
      ],
    },
  "rights on Vnics can't choose a Network's VLAN or mode, or a name that can't be used for derived objects": {
    "api/admission.test.ts": ["a VLAN beside a Network's name", "a Vnic's name with a dot"],
  },
  "rights on Vnics can't name a pod of another namespace": {
    "api/tenancy.test.ts": ["has no field for a pod in another namespace"],
  },
  "rights on Vnics can't get an address or MAC that another Vnic holds, by means of labels, annotations or a record that was never in a pod":
    {
      "reconciler/addresses.test.ts": [
        "isn't taken by a record that was never in a pod, or by labels and annotations that anybody may write",
      ],
      "api/one-holder.test.ts": ["is held by one Vnic in whatever notation others want it: …"],
      "unit/reconciler/address-sweep.test.ts": [
        "keeps what a realised Vnic asks for or has, and frees the rest, whatever its annotations say",
      ],
    },
  "rights on Vnics can't change the labels, annotations and finalizers of `pulumi-vnic.dev` on Vnics and VnicSets, by which drivers decide":
    {
      "api/tenant.test.ts": [
        "isn't a tenant's who … of a …",
        "isn't a tenant's who creates, applies or replaces a record with it",
      ],
      "api/raw-requests.test.ts": ["stores no metadata of drivers by a tenant who sends …"],
      "unit/model/schema/fields.test.ts": ["may not be … on a record, because drivers decide by it"],
    },
  "rights on Vnics can't delay the Vnics of others with Vnics that wait or fail": {
    "kernel/neighbors.test.ts": [
      "is served while another tenant's Vnics wait for a DHCP server that doesn't answer",
      "is served while another tenant repeatedly tries a missing parent",
      "is served while another tenant's Vnics get as many routes as allowed, again and again",
      "is served several times before most of another tenant's 60 Vnics, which were requested before",
    ],
    "unit/reconciler/queue.test.ts": [
      "serves namespaces in turn, and reserves a slot for another namespace",
      "spreads their retries over time, and retries each",
    ],
    "unit/node/fair-slots.test.ts": [
      "are fewer for a group while another one has work, even if that waits, because they share the processors",
    ],
    "unit/node/turns.test.ts": [
      "are one for each group at the same time while several have requests, and another group never waits",
      "end after some seconds for work that hangs, which goes on without one",
    ],
    "unit/node/neighbors.test.ts": [
      "has few programs at a time that another namespace's program must wait for, and is served in the end",
    ],
  },
  "rights on Vnics can't keep addresses from the VnicSets of other namespaces by records that merely ask for them": {
    "unit/reconciler/unavailable-addresses.test.ts": [
      "include those of its own namespace's records, and none for which records of others merely ask",
      "include those that other VnicSets have allocated, until their Vnics were tried",
    ],
  },
  "rights on Vnics can't end the node agent by the number of its leases, or take all leases that a node can have": {
    "unit/agent/leases.test.ts": [
      "are no more for one namespace than leaves room for others, and no more in all than it has memory for",
    ],
  },
  "rights on Vnics can't end a session or the node agent by the number of addresses that are probed": {
    "unit/node/probe.test.ts": [
      "takes few processes at once, however many addresses Vnics have, and asks for all of them",
      "doesn't wait for another namespace's addresses",
    ],
  },
  "all rights in a namespace can't delay the search for other pods' sandboxes again and again by large containers that end":
    { "unit/node/sandbox.test.ts": ["reads large bundles of others only once"] },
  "all rights in a namespace can't delay the VnicSets of other namespaces by objects that take long to list": {
    "unit/reconciler/vnic-set-neighbors.test.ts": ["don't keep the sets of another namespace from being served"],
  },
  "rights on Vnics can't make a record that is too large for its readers, or stop others' Vnics by what metadata and NetworkAttachmentDefinitions contain":
    {
      "api/bounds.test.ts": ["refuses a … whose … is larger than …, and names field and limit"],
      "api/tenant.test.ts": ["has no more than … … of a tenant"],
      "unit/reconciler/hostile-records.test.ts": [
        "fails at most by itself, with a bounded error of ours, and never delays or changes a neighbour's",
      ],
    },
  "role `edit` can't write a Vnic's status, or a VnicNetwork": {
    "lifecycle/tenants.test.ts": ["who may write Vnics can't write a status or a Network"],
  },
  "all rights in a namespace can't change another namespace's Vnics, VnicAddresses or VnicNetworks, or do anything in `vnic-system`":
    {
      "api/tenant.test.ts": [
        "changes no metadata of other namespaces' Vnics, of VnicAddresses and of VnicNetworks",
        "has no right in our namespace, on nodes or on anybody's accounts there, even with all rights in its own",
      ],
    },
  "all rights in a namespace can't hold the deletion of another namespace's Vnic, once its NIC is removed, by an object that names it as its owner":
    {
      "api/foreign-owners.test.ts": ["doesn't hold its ejection, even if somebody deletes it in the foreground"],
      "unit/cluster/records.test.ts": [
        "no longer waits for objects that name it as their owner when it loses our finalizer",
      ],
    },
  "all rights in a namespace can't write the status of a Vnic or VnicSet, by which drivers decide": {
    "api/tenant.test.ts": [
      "isn't that of a tenant with all rights whose … …",
      "isn't that of a tenant who changes whose its fields are, so that drivers can't remove them",
    ],
  },
  "rights on Vnics can't have the Vnics of a VnicSet changed without an end, by the names of pods": {
    "unit/model/vnic-set/expansion.test.ts": [
      "gives a Vnic to one of two pods whose Vnics have the same name, and changes nothing when it is repeated",
    ],
  },
  "rights on Vnics can't delay who waits for an address by waiting for the same address on another network, or by freeing it there again and again":
    {
      "unit/reconciler/queue.test.ts": ["postpones work once until it is done, however often it is asked to"],
      "api/many-vnics.test.ts": [
        "by waiting for the same address on another network doesn't delay a neighbour who waits for it",
      ],
      "unit/reconciler/waiters.test.ts": [
        "are tried first if they wait behind the parent of the address, and not for the same value on another network",
      ],
    },
  "all rights in a namespace can't exhaust the memory of the reconciler by the size of its pods, workloads and records":
    {
      "api/large-objects.test.ts": ["keep little of what a tenant makes large, and never have much at once"],
      "unit/model/kubernetes/part-of-pod.test.ts": ["is small for a pod with enormous …"],
    },
  "role `edit` can't forge a line of what an administrator's command prints, or change its direction, by the text of an event":
    {
      "unit/base/printable.test.ts": ["has no characters that change the order of others"],
      "unit/cli/output.test.ts": ["is one line, whatever it contains"],
    },
  "role `edit` can't send control characters to an administrator's terminal in the text of an event": {
    "unit/base/printable.test.ts": ["has no control sequences, whatever it contains"],
  },
  "the right `use-inline` can't have an address of a node or of the services' range, or the one in the URL by which its driver reaches the API server":
    {
      "lifecycle/tenants.test.ts": ["addresses of nodes, the API server and services on an inline network"],
      "kernel/parents.test.ts": [
        "may carry the node's own traffic, but no Vnic may have an address or MAC of the node or its gateway",
      ],
    },
  "the right `use-inline` can't get an address or MAC that another Vnic holds by naming the parent in another way": {
    "lifecycle/duplicates.test.ts": [
      "isn't all that keeps an address unique on a parent that is named in two ways: by its name and its MAC",
    ],
    "kernel/parents.test.ts": [
      "is refused while the addresses are claimed by that name alone, before the pod is touched",
    ],
  },
  "the right `use-inline` can't put a NIC on the cluster's own network, or take a device that is in use": {
    "kernel/parents.test.ts": [
      "can't be the pods' bridge, whatever its name, in mode …",
      "can't be the node's end of a pod's interface, in mode …",
      "can't be a device that is the parent of other Vnics",
    ],
  },
  "the provider's token can't read secrets, run programs in pods, or reach nodes through the API server": {
    "api/privileges.test.ts": ["don't include anything that it doesn't need"],
  },
  "the provider's token can't give a session's pod annotations or finalizers, or have it counted as another component's, such as by a disruption budget":
    { "api/tenancy.test.ts": ["refuses a Job with …"] },
  "the provider's token can't run a pod in `vnic-system` with a spec that differs from our own in any way": {
    "lifecycle/pod-templates.test.ts": [
      "admits … as it is and as it is stored, but not with any single thing changed, left out or added",
      "admits no Job with …",
    ],
  },
  "the provider's token can't have its rights without the policies while the manifests are removed by `uninstall`": {
    "unit/cli/delete-installation.test.ts": [
      "deletes all objects, and leaves no right without the policies that limit it at any time",
    ],
  },
  "the provider's token can't change anything of a pod but its annotation network-status, which needs the option `networkStatus`":
    { "api/network-status.test.ts": ["is all that the provider and the reconciler may change of a pod"] },
  "the reconciler's token can't do more than its role says": {
    "api/tenancy.test.ts": [
      "gives each account no right that the manifests don't name, on whatever the API server has",
      "gives each account exactly the rights of the manifests, for every verb on every resource",
    ],
  },
  "the agent's token can't change the status of another node's Vnics, or anything else": {
    "lifecycle/dhcp.test.ts": [
      "is reported in the record only by the agent of the Vnic's node, which has no other rights",
    ],
  },
  "the agent's token can't have a driver change another pod's annotation or free another Vnic's address, by the status of its own node's Vnics":
    {
      "api/node.test.ts": [
        "changes with its agent's token what the agent observes of a Vnic, and nothing by which drivers find pods and claims",
      ],
    },
  "the injection container can't use a token of the API server, or the runtime's socket": {
    "lifecycle/privileges.test.ts": [
      "don't include a token of the API server",
      "include the folders of its node's layout, only one of them writable, and no socket of the runtime",
    ],
  },
  "a node can't read or write records, create Jobs, attach to pods or become the leader with the credentials of its kubelet":
    {
      "api/node.test.ts": [
        "reads and writes none of our records with its own credentials",
        "creates no Job, attaches to no pod and makes nobody the leader",
      ],
    },
  "a node can't get a token of the provider, or of the reconciler or an agent that runs on another node": {
    "api/node.test.ts": ["gets no token of the provider or the reconciler, and none of another node's agent"],
  },
  "a node can't change the status of another node's Vnics with its agent's token": {
    "lifecycle/dhcp.test.ts": [
      "is reported in the record only by the agent of the Vnic's node, which has no other rights",
    ],
  },
  "a node can't exhaust the memory of the reconciler by the size of its answers": {
    "unit/lifecycle/session/session.test.ts": [
      "keeps no more than a megabyte of what a node says, unless a survey was asked for",
    ],
    "unit/cluster/attach.test.ts": ["is closed by a message that is larger than any of the API server's"],
  },
  "a node can't send control characters to a terminal by what its kubelet or the session on it reports": {
    "unit/base/printable.test.ts": ["has no control sequences, whatever it contains"],
    "unit/hooks/progress.test.ts": ["has no control characters, whoever has written it"],
  },
  "a node can't put a pod into `vnic-system` that a driver takes for a session of another node, under the admission policy":
    { "api/node.test.ts": ["puts no pod of its own in our namespace, where a driver would take it for a session's"] },
  "a node can't keep more than 64 addresses from all Vnics by what its Node says, where its range of pods is assigned to it":
    {
      "api/node.test.ts": ["keeps no whole subnet from others' Vnics by what it says of its Node"],
      "unit/model/network/cluster-addresses.test.ts": ["are few of each node, however many its kubelet reports"],
    },
  "a pod of the cluster can't fill the reconciler's port with silent connections": {
    "unit/reconciler/endpoints.test.ts": ["close silent connections, and answer others in the meantime"],
  },
  "a host on the LAN can't use router advertisements to give a pod a router or an MTU, or, without `slaac`, an address or a route":
    {
      "lifecycle/slaac.test.ts": ["gives the address from MAC and prefix, and takes nothing else"],
      "unit/model/link/link-steps.test.ts": ["switch IPv6 off when it has no IPv6 address"],
    },
  "a host on the LAN can't fill the node's memory by router advertisements, or delay a pod's neighbour discovery, for long while the node agent runs":
    {
      "kernel/announcements.test.ts": [
        "leave few routes after a flood, and the NIC works as before",
        "delay its neighbour discovery for some seconds only",
      ],
    },
  "a host on the LAN can't block an address by answers for other addresses, however many": {
    "kernel/hostile-probing.test.ts": [
      "accepts an address that nobody claims, though the host claims thousands of others: …",
    ],
  },
  "a host on the LAN can't redirect what a pod sends over its NIC, by ICMP": {
    "kernel/redirects.test.ts": [
      "doesn't redirect what a pod sends, while the pod's other NICs follow redirects as before",
    ],
  },
  "a host on the LAN can't have a pod send packets that are smaller than every network carries, by ICMP (Linux 5.18 or newer)":
    { "kernel/path-mtu.test.ts": ["makes them no smaller than those that every network carries: …"] },
  "a host on the LAN can't reach the cluster's network, the node or the pod's other networks through a pod that only inherits its node's settings":
    { "kernel/forwarding.test.ts": ["reaches neither the node through a pod nor the pod's loopback: …"] },
  "a host on the LAN can't reach what the pod serves on its loopback alone": {
    "kernel/forwarding.test.ts": ["reaches neither the node through a pod nor the pod's loopback: …"],
  },
  "a DHCP server can't run anything, or bring more into the pod than an address": {
    "kernel/dhcp-hostile.test.ts": ["sets nothing but its address in the pod, and runs nothing"],
  },
  "a DHCP server can't divert the pod's other traffic, or give it the node's address": {
    "kernel/dhcp-hostile.test.ts": ["is refused without a trace when it gives …"],
    "kernel/dhcp-routes.test.ts": ["have their offer refused without a trace when they want …"],
  },
  "a DHCP server can't receive what the pod sends to the cluster's pods and services, by a subnet or a route of its lease":
    {
      "kernel/dhcp-hostile.test.ts": ["is refused without a trace when it gives …"],
      "unit/model/lease/lease.test.ts": [
        "is refused if its subnet has …",
        "has no route to the cluster's networks, whether a default route is wanted or not",
      ],
    },
  "a DHCP server can't receive what the pod sends to link-local services of its node, or to any part of the networks of its other NICs":
    {
      "kernel/dhcp-hostile.test.ts": ["is refused without a trace when it gives …"],
      "unit/model/lease/lease.test.ts": ["is refused if it is …"],
      "unit/model/lease/routes.test.ts": ["have the offer refused with …"],
    },
  "a DHCP server can't fill the log of the node agent, or keep it busy by leases that it refuses": {
    "kernel/dhcp-flood.test.ts": ["doesn't fill the agent's log, and its lease is taken"],
    "unit/agent/lease-keeper.test.ts": [
      "isn't taken however often it is refused, while clients start ever more rarely, until another is taken",
    ],
  },
  "a DHCP server that is silent can't delay other leases of the node": {
    "kernel/neighbors.test.ts": ["keeps its own lease while another tenant's Vnics wait"],
  },
  "who reads errors, state or logs can't find credentials there": {
    "unit/cluster/credentials.test.ts": [
      "a plugin that doesn't print JSON",
      "a key in place of its path",
      "a token in place of its path",
    ],
    "unit/hooks/stack-file.test.ts": ["is read without a warning, which would quote a line with a secret"],
    "unit/cluster/faults.test.ts": [
      "quotes nothing of a response that isn't the API server's, where a proxy may repeat the token or set a cookie",
    ],
    "e2e/secrets.test.ts": [
      "18: don't appear in state, events, logs, Job, --json output or errors when given as … in the configuration",
    ],
  },
  "The runtime writes the bundle files, so a pod can't forge them.": {
    "kernel/attach.test.ts": ["is refused for a pod that claims to be another static pod"],
    "lifecycle/privileges.test.ts": [
      "include the folders of its node's layout, only one of them writable, and no socket of the runtime",
    ],
  },
  "The policy applies to pods, so nobody can bypass it.": {
    "api/tenancy.test.ts": ["refuses a pod with …"],
    "api/node.test.ts": ["puts no pod of its own in our namespace, where a driver would take it for a session's"],
  },
  "With the policy, they can only run injection sessions of the image that the manifests name.": {
    "lifecycle/pod-templates.test.ts": [
      "admits … as it is and as it is stored, but not with any single thing changed, left out or added",
      "admits no Job with …",
    ],
  },
  "Even without any policy, a Vnic can only name pods of its own namespace, because its record has no field for another namespace.":
    { "api/tenancy.test.ts": ["has no field for a pod in another namespace"] },
};
