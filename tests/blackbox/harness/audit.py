"""What is always true of a queue (ARCHITECTURE.md), checked by reading its Redis.

    audit.check(client, "default")          raises with all that is wrong
    audit.violations(client, "default")     the list, for a test that expects some

Read at rest: the keys are fetched one after the other.
"""

import collections
import struct

HEAD = struct.Struct("<BqBbIIIBBHHHI")
FIELDS = "version moment kind priority wake attempt requeues"

Job = collections.namedtuple("Job", FIELDS + " lane tenant from_ run cohort payload")


def unpack(packed):
    head = HEAD.unpack_from(packed)
    lane, cohort, tenant, from_, run, payload = head[7:]
    at = HEAD.size
    texts = []
    for size in (lane, tenant, from_, run, cohort, payload):
        texts.append(packed[at:at + size])
        at += size
    # a later version may have more behind it
    assert at == len(packed) or head[0] > 1, f"not a packed job: {packed!r}"
    return Job(*head[:7], *texts)


def pack(run, tenant=b"t", lane=b"-", priority=0, moment=0, wake=1, attempt=1, requeues=0,
         from_=b"", cohort=b"", payload=b"{}", kind=1, version=1):
    return HEAD.pack(
        version, moment, kind, priority, wake, attempt, requeues, len(lane), len(cohort),
        len(tenant), len(from_), len(run), len(payload),
    ) + lane + tenant + from_ + run + cohort + payload


class Snapshot:
    """The keys of a queue as Python values."""

    def __init__(self, client, queue):
        p = f"synapse:q:{{{queue}}}:".encode()
        self.prefix = p
        self.jobs = client.hgetall(p + b"jobs")
        self.admitted = dict(client.zrange(p + b"admitted", 0, -1, withscores=True))
        self.running = {k: int(v) for k, v in client.hgetall(p + b"running").items()}
        self.queued = {k: int(v) for k, v in client.hgetall(p + b"queued").items()}
        self.capped = client.smembers(p + b"capped")
        self.lanes = client.smembers(p + b"lanes") | {b"-"}
        self.workers = client.smembers(p + b"workers")
        self.limits = client.hgetall(p + b"limits")
        self.bell = client.llen(p + b"bell")
        self.ready, self.held, self.tenants, self.places = {}, {}, {}, {}
        for key in sorted(client.scan_iter(match=p.replace(b"[", b"\\[") + b"*", count=1000)):
            name = key[len(p):]
            if name.startswith((b"ready:", b"held:")) or name in (b"delayed", b"quarantine"):
                members = dict(client.zrange(key, 0, -1, withscores=True))
                self.places[name] = members
                if name.startswith(b"ready:"):
                    lane, tenant = name[6:].split(b":", 1)
                    self.ready[lane, tenant] = members
                elif name.startswith(b"held:"):
                    self.held[name[5:]] = members
            elif name.startswith(b"tenants:"):
                self.tenants[name[8:]] = dict(client.zrange(key, 0, -1, withscores=True))


def _places(s):
    where = collections.defaultdict(list)
    for place, members in s.places.items():
        for job in members:
            where[job].append(place)
    for job in s.jobs:
        if len(where[job]) != 1:
            yield f"job {job} is in {len(where[job])} places: {where[job]}"
    for job, places in where.items():
        if job not in s.jobs:
            yield f"{job} in {places} is no job"
    for member in s.admitted:
        if member.split(b"/", 1)[1] in s.jobs:
            yield f"{member} is reserved and an entry"
    for worker, members in s.held.items():
        if members and worker not in s.workers:
            yield f"{worker} holds {len(members)} and is not in workers"


def _packed(s):
    for job, packed in s.jobs.items():
        what = unpack(packed)
        if job != what.run + b":%d" % what.wake:
            yield f"{job} is packed as {what}"
        for (lane, tenant), members in s.ready.items():
            if job in members:
                if (lane, tenant) != (what.lane, what.tenant):
                    yield f"{job} of {what.lane}:{what.tenant} is in ready:{lane}:{tenant}"
                moved = what.version > 1  # left for others: at the end of its line
                if not moved and members[job] != what.moment - what.priority * 60000:
                    yield f"{job} has score {members[job]}, packed {what}"


def _counters(s):
    running, queued = collections.Counter(), collections.Counter()
    for job, packed in s.jobs.items():
        tenant = unpack(packed).tenant
        held = any(job in members for members in s.held.values())
        (running if held else queued)[tenant] += 1
        (running if held else queued)[b"*"] += 1
    for member in s.admitted:
        queued[member.split(b"/", 1)[0]] += 1
        queued[b"*"] += 1
    for name, have, want in (("running", s.running, running), ("queued", s.queued, queued)):
        if have != dict(want):
            wrong = {k: (have.get(k), want.get(k)) for k in set(have) | set(want)
                     if have.get(k) != want.get(k)}
            yield f"{name} (is, should be): {wrong}"


def _tenants(s):
    for (lane, tenant), members in s.ready.items():
        if lane not in s.lanes:
            yield f"lane {lane} is not in lanes"
        served = tenant in s.tenants.get(lane, {})
        if members and served == (tenant in s.capped):
            yield f"{tenant} in {lane}: served {served}, capped {tenant in s.capped}"
    for tenant in s.capped:
        limit = int(s.limits.get(tenant, b"0 1").split()[0])
        if limit == 0 or s.running.get(tenant, 0) < limit:
            yield f"{tenant} is capped with {s.running.get(tenant)} of {limit} running"
    if s.bell > 64 + len(s.workers):
        yield f"{s.bell} tokens in the bell"


def violations(client, queue):
    s = Snapshot(client, queue)
    return [text for rule in (_places, _packed, _counters, _tenants) for text in rule(s)]


def check(client, queue):
    wrong = violations(client, queue)
    assert not wrong, "\n".join(wrong)
