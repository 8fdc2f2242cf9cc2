"""The external functions of the clustering module: what is checked, in the reference toolbox's words, and what answers.

Distances are planar, in the units of the coordinates, whatever their reference system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson

from carto_at_runtime import RowError, check_texts, external_function, int32, reject, text
from carto_at_runtime.multipoints import first_occurrences, read_multipoints
from carto_clustering.lloyd import Problems, k_means
from carto_clustering.seeds import plus_plus

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NOT_A_MULTIPOINT = "Invalid operation: Input points parameter must be MultiPoint."
_COUNT = "Invalid number of clusters: should be at least 1"
_ADVICE = "use CREATE_CLUSTERKMEANS, which has no such limit"
_ATTEMPTS = 4
_SEED = 20_220_101


@external_function("__CLUSTERKMEANS", text("geom"), int32("number_of_clusters"))
def cluster(geom: list[str], number_of_clusters: NDArray[np.int64]) -> list[str]:
    """Answer ST_CLUSTERKMEANS: the points of a MultiPoint in their order, each with the number of its cluster."""
    points, offsets = read_multipoints(geom, _NOT_A_MULTIPOINT)
    filled = np.diff(offsets) > 0
    reject(filled & (number_of_clusters < 1), _COUNT)
    rows = np.flatnonzero(filled)
    starts = np.append(offsets[rows], len(points))
    found = first_occurrences(points, starts)
    firsts = np.split(found, np.searchsorted(found, starts[1:-1])) if len(rows) else []
    counts = number_of_clusters[rows].tolist()
    seeds = [points[first[:count]] for first, count in zip(firsts, counts, strict=True)]
    labels, _ = k_means(Problems(points, starts, seeds))
    results: list[str] = ["[]"] * len(geom)
    items = _items(points, labels)
    for row, start, end in zip(rows.tolist(), starts.tolist(), starts[1:].tolist(), strict=False):
        results[row] = f"[{','.join(items[start:end])}]"
    check_texts(results, _ADVICE)
    return results


def _items(points: NDArray[np.float64], labels: NDArray[np.int64]) -> list[str]:
    """Return the JSON of each point with its cluster."""
    if not len(points):
        return []
    pairs = orjson.dumps(points + 0.0, option=orjson.OPT_SERIALIZE_NUMPY).decode()[2:-2]
    heads = [
        f'{{"cluster":{number},"geom":{{"type":"Point","coordinates":['
        for number in range(int(labels.max()) + 1)
    ]
    return [
        f"{heads[number]}{pair}]}}}}"
        for number, pair in zip(labels.tolist(), pairs.split("],["), strict=True)
    ]


@external_function("__CLUSTERKMEANS_CENTRES", text("points"), int32("number_of_clusters"))
def centres(points: list[str], number_of_clusters: NDArray[np.int64]) -> list[str]:
    """Answer the step of CREATE_CLUSTERKMEANS that finds centres of a sample.

    `points` is the JSON text of [x, y, weight] triples, of which no two are at one place. The result is JSON text:
    `[{"c": number, "x": ..., "y": ...}, ...]` with the centres of the best of some attempts, by their numbers.
    """
    reject(number_of_clusters < 1, _COUNT)
    return [
        _centres(row, sample, count)
        for row, (sample, count) in enumerate(zip(points, number_of_clusters.tolist(), strict=True))
    ]


def _centres(row: int, sample: str, count: int) -> str:
    points, weights = _sample(row, sample)
    if len(points) <= count:
        return _numbered(points[np.lexsort((points[:, 1], points[:, 0]))])
    dice = np.random.Generator(np.random.PCG64(_SEED))
    seeds = [plus_plus(points, weights, count, dice) for _ in range(_ATTEMPTS)]
    everything = np.tile(points, (_ATTEMPTS, 1))
    offsets = np.arange(_ATTEMPTS + 1) * len(points)
    labels, found = k_means(Problems(everything, offsets, seeds, np.tile(weights, _ATTEMPTS)))
    spreads = [
        float((weights * ((points - means[label]) ** 2).sum(axis=1)).sum())
        for means, label in zip(found, labels.reshape(_ATTEMPTS, -1), strict=True)
    ]
    best = found[spreads.index(min(spreads))]
    return _numbered(best[np.lexsort((best[:, 1], best[:, 0]))])


def _sample(row: int, sample: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        table = np.array(orjson.loads(sample), np.float64).reshape(-1, 3)
    except (orjson.JSONDecodeError, ValueError, TypeError):
        raise RowError(row, "the sample is not a JSON array of [x, y, weight] triples") from None
    return table[:, :2], table[:, 2]


def _numbered(means: NDArray[np.float64]) -> str:
    places = [{"c": number, "x": x, "y": y} for number, (x, y) in enumerate(means.tolist())]
    return orjson.dumps(places).decode()
