"""Who a track is: friend, neutral or hostile, by Bayes' rule from what the node holds of it. docs/equations/command.md."""

from __future__ import annotations

import math

from openiads.engine.command.bundles import ADDRESS, AIRLINER, APPROACH, FAST_SIGN, LANE, REPLIES
from openiads.engine.command.threat import falls, time_to_asset
from openiads.engine.geo import EARTH_RADIUS
from openiads.engine.jit import part
from openiads.engine.network import ASSUMED_FRIEND, FRIEND, HOSTILE, NEUTRAL, PENDING, SUSPECT, UNKNOWN

_AIRLINER_HEIGHT = 6_000.0  # m: cruise of civil traffic
_AIRLINER_SPEED = (130.0, 290.0)  # m/s
_SECURE = 2  # group of modes under keys


@part
def identify_all(doctrine, pictures, orders, n, t1):
    """Identity of every row of node n; the first hostile one is the node's alert.

    Nobody takes a declaration back because the track turned for a moment: a track that is declared hostile stays so
    until something vouches for it and hostile is less likely than not. `basis` is the node whose evidence decides, so that no echo confirms itself.
    """
    own = pictures.held.shape[1]
    for p in range(pictures.valid.shape[1]):
        if not pictures.valid[n, p]:
            orders.number[n, p] = -1
            continue
        identity, basis = pictures.told[n, p], pictures.teller[n, p]
        if p < own:
            declared = orders.number[n, p] == pictures.number[n, p] and orders.identity[n, p] == HOSTILE
            declarer = orders.basis[n, p] if declared else -1
            identity, basis = own_identity(doctrine, pictures, n, p, declarer, t1)
        orders.identity[n, p], orders.basis[n, p] = identity, basis
        orders.number[n, p] = pictures.number[n, p]
        if identity == HOSTILE and t1 < orders.alert[n]:
            orders.alert[n] = t1


@part
def own_identity(doctrine, pictures, n, p, declarer, t1):
    """Identity of a track of the node's own, and the node whose evidence decides it: its own, if that gives the same.

    `declarer` is the node whose evidence made it hostile, -1 where it is not: a declaration that stands stays its.
    """
    told, source = pictures.told[n, p], pictures.teller[n, p]
    identity = judge(doctrine, pictures, n, p, told, declarer >= 0, t1)
    if told == PENDING or told == UNKNOWN:
        if declarer < 0 or declarer == n:
            return identity, n
        source = declarer
    alone = judge(doctrine, pictures, n, p, PENDING, declarer == n, t1)
    return identity, n if alone == identity else source


@part
def judge(doctrine, pictures, n, p, told, declared, t1):
    """One of the seven identities from the odds. Silence and the look of a flight alone make at most a suspect, and clear nobody."""
    limit, asked, answered = doctrine.likely.limit, pictures.asked[n, p], pictures.answered[n, p]
    friend, neutral, hostile, accused, vouched = odds(doctrine, pictures, n, p, told, t1)
    chance = hostile / max(friend + neutral + hostile, 1e-300)
    looks = max(asked[0], asked[1], asked[2])
    early = 0 < looks < doctrine.silent[n] and told != HOSTILE and not falls(doctrine, n, pictures.x[n, p])
    if declared and not (vouched and chance < 0.5):
        return HOSTILE
    if chance <= limit[2] and vouched:
        if neutral > friend:
            return NEUTRAL
        return FRIEND if answered[_SECURE] > 0 or told == FRIEND else ASSUMED_FRIEND
    if early:
        return PENDING
    if chance >= limit[0] and accused:
        return HOSTILE
    return SUSPECT if chance >= limit[1] else UNKNOWN


@part
def odds(doctrine, pictures, n, p, told, t1):
    """Weights of friend, neutral and hostile (not normed); whether more than silence and looks accuses, or vouches."""
    likely, x = doctrine.likely, pictures.x[n, p]
    f, m, e = likely.prior[0], likely.prior[1], likely.prior[2]
    for h in range(3):
        weight = _replies(likely, h, pictures.asked[n, p], pictures.answered[n, p])
        f, m, e = (f * weight, m, e) if h == 0 else (f, m * weight, e) if h == 1 else (f, m, e * weight)
    answers = pictures.answered[n, p].max() > 0
    vouched = answers or told == FRIEND or told == ASSUMED_FRIEND or told == NEUTRAL
    fast = falls(doctrine, n, x)
    time, _ = time_to_asset(doctrine, x, fast)
    coming = time < doctrine.urgent[n]
    for sign, there in ((APPROACH, coming), (AIRLINER, _like_airliner(x)), (FAST_SIGN, fast)):
        s = likely.sign[sign]
        f, m, e = (f * s[0], m * s[1], e * s[2]) if there else (f * (1.0 - s[0]), m * (1.0 - s[1]), e * (1.0 - s[2]))
    if told == HOSTILE or told == SUSPECT:
        f, m, e = _accused(likely, f, m, e, told, likely.trust[pictures.teller[n, p]], answers)
    elif told != PENDING and told != UNKNOWN:
        f, m, e = _vouched_for(f, m, e, told, likely.trust[pictures.teller[n, p]])
    if doctrine.lane.shape[0] > 0 and in_lane(doctrine, x, t1):
        s, vouched = likely.sign[LANE], True
        f, m, e = f * s[0], m * s[1], e * s[2]
    if pictures.address[n, p] >= 0:
        s, vouched = likely.sign[ADDRESS], True
        f, m, e = f * s[0], m * s[1], e * s[2]
    return f, m, e, coming or fast or told == HOSTILE, vouched


@part
def _accused(likely, f, m, e, told, trust, answers):
    """Weights with a told hostile or suspect.

    What a teller holds against a body that answers nobody is what this node holds against it, too: silence, and the way
    it flies. The stronger of the two counts, not both, and a suspect is worth the teller's threshold for one. A body
    that answers here is other evidence than its silence there.
    """
    if not answers:
        chance = min(trust if told == HOSTILE else likely.limit[1], 1.0 - 1e-12)
        return f, m, max(e, (f + m) * chance / (1.0 - chance))
    firm, other = trust, 0.5 * (1.0 - trust)
    if told == SUSPECT:  # half the weight
        firm, other = math.sqrt(firm), math.sqrt(other)
    return f * other, m * other, e * firm


@part
def _vouched_for(f, m, e, told, trust):
    """Weights with a told friend, assumed friend (half the weight) or neutral: somebody heard it answer."""
    firm, other = trust, 0.5 * (1.0 - trust)
    if told == ASSUMED_FRIEND:
        firm, other = math.sqrt(firm), math.sqrt(other)
    return (f * other, m * firm, e * other) if told == NEUTRAL else (f * firm, m * other, e * other)


@part
def _replies(likely, h, asked, answered):
    """Likelihood of the answers of all groups: nothing works aboard, or each group has a transponder that works, or not.

    Under emission control the two groups that anybody hears are off together: their silences are one piece of evidence.
    Who has none is heard now and then all the same (garble, a reply to somebody else).
    """
    dead, emcon, open_ = likely.dead[h], likely.emcon[h], 1.0 - likely.emcon[h]
    secure = 1.0 - likely.dead[h]
    for g in range(3):
        yes, no = min(answered[g], REPLIES), min(asked[g] - answered[g], REPLIES)
        works, false = likely.reply[0, yes, no], likely.reply[1 + g, yes, no]
        either = likely.holds[g, h] * works + (1.0 - likely.holds[g, h]) * false
        dead *= false
        if g == _SECURE:
            secure *= either
        else:
            emcon *= false
            open_ *= either
    return dead + secure * (emcon + open_)


@part
def _like_airliner(x):
    """High, and neither slow nor fast."""
    speed = math.sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5])
    height = math.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) - EARTH_RADIUS
    return height > _AIRLINER_HEIGHT and _AIRLINER_SPEED[0] < speed < _AIRLINER_SPEED[1]


@part
def in_lane(doctrine, x, t1):
    """Is a track within a lane for friends: beside its middle line, between its heights, in its time."""
    lanes = doctrine.lane
    for k in range(lanes.shape[0]):
        if not lanes[k, 9] <= t1 <= lanes[k, 10]:
            continue
        height = math.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) - EARTH_RADIUS
        if not lanes[k, 7] <= height <= lanes[k, 8]:
            continue
        along, length = 0.0, 0.0
        for i in range(3):
            along += (x[i] - lanes[k, i]) * (lanes[k, 3 + i] - lanes[k, i])
            length += (lanes[k, 3 + i] - lanes[k, i]) ** 2
        share = min(1.0, max(0.0, along / max(length, 1.0)))
        gap, rise = 0.0, 0.0
        radius = math.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
        for i in range(3):
            off = x[i] - lanes[k, i] - share * (lanes[k, 3 + i] - lanes[k, i])
            gap += off * off
            rise += off * x[i] / radius
        if gap - rise * rise <= lanes[k, 6] * lanes[k, 6]:
            return True
    return False
