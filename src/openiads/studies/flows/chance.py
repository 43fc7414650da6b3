"""What is reached by chance: edges that are there with a probability, or that take their time (docs/equations/flows.md).

Exact while few sets of vertices can be reached; else by draws whose luck is a function of `name` and `seed`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import spsolve_triangular
from scipy.stats import poisson

from openiads.errors import UsageError
from openiads.scenario.flights import name_key
from openiads.studies.flows.graph import Graph
from openiads.studies.statistics import Estimate, mean_t, proportion

MOST_SETS, MOST_VERTICES = 4096, 64  # sets that are gone through, of so many vertices; more are sampled
DRAWS = 10_000
_AT_ONCE = 4_000_000  # edges and vertices of all draws that are searched together
_NOTHING = 1e-16  # a probability that no sum feels
_NEVER = -1e4  # logarithm of a chance of nothing: its exponential is 0


@dataclass(frozen=True)
class Reached:
    """Which vertices are reached: sets bool[S, count] with their probabilities float[S], or draws without."""

    member: np.ndarray
    weight: np.ndarray | None

    def at_least(self, k: int, of: Collection[int]) -> Estimate:
        """Probability that at least k of some vertices are reached; Clopper-Pearson where it was drawn."""
        hits = self.member[:, sorted(of)].sum(axis=1) >= k
        if self.weight is None:
            return proportion(int(hits.sum()), len(hits))
        return _exact(min(1.0, float(self.weight[hits].sum())))

    def expected(self, of: Collection[int]) -> Estimate:
        """Expected number of some vertices that are reached; t interval where it was drawn."""
        counts = self.member[:, sorted(of)].sum(axis=1)
        if self.weight is None:
            return mean_t(counts, bounds=(0.0, float(len(set(of)))))
        return _exact(float(self.weight @ counts))


def reached(graph: Graph, chance: np.ndarray, start: Collection[int], *, draws: int = DRAWS, name: str = "",
            seed: int = 1) -> Reached:  # fmt: skip
    """What is reached from `start` when each edge is there, on its own, with its chance (float[E], 0 to 1)."""
    chance = _chances(graph, chance)
    sets = _sets(graph, start, chance > 0.0)
    if sets is None:
        return Reached(_drawn(graph, chance, start, draws, name, seed), None)
    return Reached(sets, _probabilities(graph, chance, sets))


def largest_part(graph: Graph, chance: np.ndarray, *, draws: int = DRAWS, name: str = "", seed: int = 1) -> Estimate:
    """Expected share of the vertices in the largest part that hangs together, either way, when edges are there by chance."""
    shares = []
    for k, copies in _copies(graph, _chances(graph, chance), draws, name, seed):
        matrix = csr_matrix((np.ones(len(copies.tail), bool), (copies.tail, copies.head)), shape=2 * (copies.count,))
        part = connected_components(matrix, connection="weak")[1]
        shares.append(np.bincount(part)[part].reshape(k, graph.count).max(axis=1) / graph.count)
    return mean_t(np.concatenate(shares), bounds=(1.0 / graph.count, 1.0))


def time_to_reach(graph: Graph, mean: np.ndarray, start: Collection[int], targets: Collection[int], within: float, *,
                  draws: int = DRAWS, name: str = "", seed: int = 1) -> tuple[Estimate, Estimate]:  # fmt: skip
    """Mean time until one of `targets` is reached, and the probability that it is reached `within` a time.

    Each edge takes an exponential time of its own mean (float[E], > 0) from the moment its tail is reached.
    """
    if not (np.asarray(mean) > 0.0).all():
        raise UsageError("mean times of edges must be above 0")
    goal = np.isin(np.arange(graph.count), sorted(targets))
    if not goal[sorted(graph.reached(start).nonzero()[0])].any():
        return Estimate(None, None, None, 1, "no way leads there"), _exact(0.0)
    if goal[sorted(start)].any():
        return _exact(0.0), _exact(1.0)
    sets = _sets(graph, start, ~goal[graph.head])
    if sets is not None:
        return _race(graph, 1.0 / np.asarray(mean, float), sets, goal, within)
    times = _drawn_times(graph, np.asarray(mean, float), start, goal, draws, name, seed)
    return mean_t(times), proportion(int((times <= within).sum()), len(times))


def _exact(value: float) -> Estimate:
    return Estimate(value, value, value, 1)


def _chances(graph: Graph, chance: np.ndarray) -> np.ndarray:
    values = np.broadcast_to(np.asarray(chance, float), graph.tail.shape)
    if not ((values >= 0.0) & (values <= 1.0)).all():
        raise UsageError(f"chances of edges lie between 0 and 1, got {values.min():g} to {values.max():g}")
    return values


def _luck(name: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, int(name_key(name))])


def _sets(graph: Graph, start: Collection[int], keep: np.ndarray) -> np.ndarray | None:
    """Every set bool[S, count] that can have been reached at some moment, small ones first; None if there are too many."""
    if graph.reached(start, keep).sum() > MOST_VERTICES:
        return None
    first = sum(1 << v for v in set(start))
    pairs = sorted(set(zip(graph.tail[keep].tolist(), graph.head[keep].tolist(), strict=True)))
    found, fresh = {first}, [first]
    while fresh:
        grown = {s | 1 << v for s in fresh for u, v in pairs if s >> u & 1 and not s >> v & 1} - found
        found |= grown
        if len(found) > MOST_SETS:
            return None
        fresh = sorted(grown)
    ordered = sorted(found, key=lambda s: (s.bit_count(), s))
    return np.array([[s >> v & 1 for v in range(graph.count)] for s in ordered], bool)


def _probabilities(graph: Graph, chance: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Probability float[S] that just this set is reached (Buzacott 1980).

    The edges within a set reach all of it, unless they reach a smaller set and no edge leads on from there; and
    none may lead out of it.
    """
    log = np.zeros((graph.count, graph.count))
    with np.errstate(divide="ignore"):
        np.add.at(log, (graph.tail, graph.head), np.maximum(np.log1p(-chance), _NEVER))
    member = sets.astype(float)
    leave = np.where(sets, 0.0, member @ log)  # [S, count] logarithm of the chance that no edge leads to a vertex
    whole = np.zeros(len(sets))
    for i, s in enumerate(sets):
        inside = np.flatnonzero(~(sets[:i] & ~s).any(axis=1))
        whole[i] = max(0.0, 1.0 - whole[inside] @ np.exp(leave[inside] @ member[i]))
    return whole * np.exp(leave.sum(axis=1))


def _drawn(graph: Graph, chance: np.ndarray, start: Collection[int], draws: int, name: str, seed: int) -> np.ndarray:
    """Reached bool[draws, count]."""
    n = graph.count
    return np.concatenate([
        copies.reached([n * d + v for d in range(k) for v in start]).reshape(k, n)
        for k, copies in _copies(graph, chance, draws, name, seed)
    ])  # fmt: skip


def _copies(graph: Graph, chance: np.ndarray, draws: int, name: str, seed: int) -> Iterator[tuple[int, Graph]]:
    """Draws of the graph beside each other in one, so that one search serves many; and how many they are."""
    rng, n = _luck(name, seed), graph.count
    many = max(1, _AT_ONCE // (n + len(chance) + 1))
    for done in range(0, draws, many):
        k = min(many, draws - done)
        which, edge = np.nonzero(rng.random((k, len(chance))) < chance)
        yield k, Graph(n * k, which * n + graph.tail[edge], which * n + graph.head[edge])


def _race(
    graph: Graph, rate: np.ndarray, sets: np.ndarray, goal: np.ndarray, within: float
) -> tuple[Estimate, Estimate]:
    """The chain of reached sets, which ends when the goal is: mean time and chance within a time."""
    pull = np.zeros((graph.count, graph.count))
    np.add.at(pull, (graph.tail, graph.head), rate)
    flow = np.where(sets, 0.0, sets @ pull)  # [S, count] rate at which each vertex joins a set
    row = {s.tobytes(): i for i, s in enumerate(sets)}
    size, rows, columns, values = len(sets), [], [], []
    for i, v in zip(*np.nonzero(flow * ~goal), strict=True):
        larger = sets[i].copy()
        larger[v] = True
        rows.append(i)
        columns.append(row[larger.tobytes()])
        values.append(flow[i, v])
    diagonal = -flow.sum(axis=1)
    chain = csr_matrix(
        (np.append(values, diagonal), (np.append(rows, range(size)), np.append(columns, range(size)))),
        shape=(size, size),
    )
    mean = spsolve_triangular(chain, -np.ones(size), lower=False)[0]
    return _exact(float(mean)), _exact(1.0 - _still_going(chain, within))


def _still_going(chain: csr_matrix, within: float) -> float:
    """Probability that a chain with these rates [S, S] has not ended (uniformization: Jensen 1953).

    Jump by jump the chain ends, whatever the time: once it has, all that is left of the sum is nothing, however many jumps
    fit into the time.
    """
    fastest = float(-chain.diagonal().min())
    state, still, jumps = np.eye(1, chain.shape[0])[0], 0.0, 0
    last = poisson.isf(_NOTHING, fastest * within)
    while jumps <= last + 1 and (left := float(state.sum())) > _NOTHING:
        still += float(poisson.pmf(jumps, fastest * within)) * left
        state, jumps = state + chain.T @ state / fastest, jumps + 1
    return min(1.0, still)


def _drawn_times(graph: Graph, mean: np.ndarray, start: Collection[int], goal: np.ndarray, draws: int, name: str,
                 seed: int) -> np.ndarray:  # fmt: skip
    """Time float[draws] of the shortest way when every edge takes what it takes."""
    rng, times = _luck(name, seed), []
    pairs, which = np.unique(np.array([graph.tail, graph.head]), axis=1, return_inverse=True)
    for _ in range(draws):
        quickest = np.full(pairs.shape[1], np.inf)  # of the edges between the same two vertices
        np.minimum.at(quickest, which.ravel(), rng.exponential(mean))
        matrix = csr_matrix((quickest, tuple(pairs)), shape=2 * (graph.count,))
        times.append(dijkstra(matrix, indices=sorted(start), min_only=True)[goal].min())
    return np.array(times)
