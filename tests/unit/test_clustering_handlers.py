"""K-means: what has to hold of any clustering, an independent implementation's answers, and the fixed bugs."""

import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.vq import kmeans2
from sklearn.cluster import KMeans

from carto_clustering import handler
from carto_clustering.lloyd import Problems, k_means
from carto_clustering.seeds import plus_plus
from tests.unit.handler_calls import answer, hexewkb, multipoint, refusal

POINTS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=25)


def clusters(points, count):
    (text,) = answer(handler, "__CLUSTERKMEANS", (multipoint(points), count))
    return json.loads(text)


def labels(points, count):
    return [item["cluster"] for item in clusters(points, count)]


def blobs(seed, count, size, *, spread=0.5):
    dice = np.random.default_rng(seed)
    middles = dice.uniform(-50, 50, (count, 2))
    return dice.permutation(np.repeat(middles, size, axis=0)) + dice.normal(
        0, spread, (count * size, 2)
    )


# --- ST_CLUSTERKMEANS -------------------------------------------------------------------------------------------------


def test_result_is_the_points_in_their_order():
    points = [(3, 4), (0, 0), (3, 4), (0, 1.5)]
    found = clusters(points, 2)
    assert [tuple(item["geom"]["coordinates"]) for item in found] == points
    assert {item["geom"]["type"] for item in found} == {"Point"}
    assert [set(item) for item in found] == [{"cluster", "geom"}] * 4


def test_duplicate_points_have_the_cluster_of_their_place():
    """The reference gives duplicates the clusters of other rows: here 0, 1, 1, 0."""
    assert labels([(0, 0), (0, 0), (9, 9), (9, 9.1)], 2) == [0, 0, 1, 1]


def test_duplicates_stay_where_they_are():
    """The reference answers different points first, and their duplicates last."""
    points = [(0, 0), (5, 5), (0, 0), (6, 6), (5, 5)]
    assert [item["geom"]["coordinates"] for item in clusters(points, 2)] == [[*p] for p in points]


def test_zero_loss_ends_at_once():
    """The reference runs 10 000 steps when every point is a centre."""
    points = blobs(1, 30, 1)
    begin = time.process_time()
    assert labels(points, 30) == [*range(30)]
    assert time.process_time() - begin < 0.5


def test_clusters_below_one_are_an_error():
    """The reference says `attempt to get argmin of an empty sequence`."""
    good = (multipoint([(0, 0)]), 1)
    for count in (0, -1):
        message = refusal(handler, "__CLUSTERKMEANS", good, (good[0], count))
        assert "row 1: Invalid number of clusters: should be at least 1" in message


@given(POINTS, st.integers(1, 8))
def test_every_point_is_in_the_cluster_with_the_nearest_mean(points, count):
    found = np.array(labels(points, count))
    table = np.array(points, float)
    known = np.unique(found)
    assert len(known) <= min(count, len(set(points)))
    means = np.array([table[found == number].mean(axis=0) for number in known])
    distances = ((table[:, None] - means) ** 2).sum(axis=2)
    own = distances[np.arange(len(table)), np.searchsorted(known, found)]
    # Other centres may have lost all their points, so only those that have some can be compared.
    assert (own <= distances.min(axis=1) + 1e-9).all()


@pytest.mark.parametrize("seed", range(4))
def test_labels_are_those_of_scipy(seed):
    points = blobs(seed, 6, 40, spread=6.0)
    _, expected = kmeans2(points, points[:6], iter=200, minit="matrix")
    assert labels(points, 6) == expected.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_labels_are_those_of_scikit_learn(seed):
    points = blobs(seed, 7, 30, spread=5.0)
    other = KMeans(7, init=points[:7], n_init=1, max_iter=300, tol=0, algorithm="lloyd")
    assert labels(points, 7) == other.fit_predict(points).tolist()


def test_seeds_are_the_first_different_points():
    points = [(0, 0), (0, 0), (1, 0), (100, 0), (0, 0)]
    assert labels(points, 2) == [0, 0, 0, 1, 0]
    assert labels(points, 3) == [0, 0, 1, 2, 0]
    assert labels(points, 99) == [0, 0, 1, 2, 0]


def test_far_from_the_origin_no_digit_is_lost():
    points = blobs(2, 4, 20)
    assert labels(points + 1e7, 4) == labels(points, 4)


def test_rows_do_not_depend_on_each_other():
    rows = [(multipoint(blobs(seed, 2 + seed % 3, 4 + seed)), 2 + seed % 5) for seed in range(30)]
    together = answer(handler, "__CLUSTERKMEANS", *rows, (None, 2), (rows[0][0], None))
    assert together[-2:] == [None, None]
    assert together[:-2] == [answer(handler, "__CLUSTERKMEANS", row)[0] for row in rows]


def test_empty_multipoint_is_an_empty_array():
    rows = [(hexewkb("MULTIPOINT EMPTY"), 0), (multipoint([(1, 2)]), 3)]
    empty, alone = answer(handler, "__CLUSTERKMEANS", *rows)
    assert (json.loads(empty), len(json.loads(alone))) == ([], 1)


@pytest.mark.parametrize("wkt", ["POINT(0 0)", "LINESTRING(0 0,1 1)"])
def test_only_multipoints_are_taken(wkt):
    message = refusal(handler, "__CLUSTERKMEANS", (hexewkb(wkt), 2))
    assert "Invalid operation: Input points parameter must be MultiPoint." in message


def test_z_and_reference_system_change_nothing():
    rows = [
        (hexewkb("MULTIPOINT((0 0),(5 1),(3 7))"), 2),
        (hexewkb("MULTIPOINT Z((0 0 9),(5 1 8),(3 7 7))", srid=25830), 2),
    ]
    one, other = answer(handler, "__CLUSTERKMEANS", *rows)
    assert one == other


# --- centres of a sample ----------------------------------------------------------------------------------------------


def centres(triples, count):
    (text,) = answer(handler, "__CLUSTERKMEANS_CENTRES", (json.dumps(triples), count))
    return json.loads(text)


def test_centres_of_blobs_are_found():
    middles = [(0.0, 0.0), (0.0, 50.0), (50.0, 0.0), (50.0, 50.0)]
    dice = np.random.default_rng(6)
    points = np.concatenate([dice.normal(middle, 1, (60, 2)) for middle in middles])
    found = centres([[x, y, 1] for x, y in points.tolist()], 4)
    assert [one["c"] for one in found] == [0, 1, 2, 3]
    for one, middle in zip(found, middles, strict=True):
        assert np.hypot(one["x"] - middle[0], one["y"] - middle[1]) < 1


def test_weights_count():
    (centre,) = centres([[0, 0, 3], [4, 8, 1]], 1)
    assert centre == {"c": 0, "x": 1, "y": 2}


def test_no_more_centres_than_points():
    assert centres([[5, 0, 1], [1, 2, 7]], 9) == [
        {"c": 0, "x": 1, "y": 2},
        {"c": 1, "x": 5, "y": 0},
    ]
    assert centres([], 3) == []


def test_centres_are_the_same_every_time():
    triples = [[x, y, 1] for x, y in blobs(8, 5, 30, spread=20).tolist()]
    assert centres(triples, 5) == centres(triples, 5)


@pytest.mark.parametrize("text", ["", "{}", "[[1,2]]", "[[1,2,null]]x", '[["a",1,1]]'])
def test_sample_that_is_no_list_of_triples_is_an_error(text):
    message = refusal(handler, "__CLUSTERKMEANS_CENTRES", (text, 2))
    assert "the sample is not a JSON array of [x, y, weight] triples" in message


# --- the parts --------------------------------------------------------------------------------------------------------


def test_plus_plus_draws_different_points():
    points = np.array([[float(number), 0.0] for number in range(40)])
    for seed in range(20):
        drawn = plus_plus(points, np.ones(40), 40, np.random.default_rng(seed))
        assert sorted(drawn[:, 0]) == [*range(40)]


def test_plus_plus_prefers_what_is_far_away():
    points = np.array([[0.0, 0.0], [0.1, 0.0], [100.0, 0.0]])
    drawn = [plus_plus(points, np.ones(3), 2, np.random.default_rng(s))[:, 0] for s in range(50)]
    assert all(100.0 in pair for pair in drawn)


def test_a_centre_without_points_stays():
    points = np.array([[0.0, 0.0], [1.0, 0.0]])
    seeds = [np.array([[0.5, 0.0], [90.0, 90.0]])]
    found, means = k_means(Problems(points, np.array([0, 2]), seeds))
    assert found.tolist() == [0, 0]
    assert means[0].tolist() == [[0.5, 0.0], [90.0, 90.0]]


def test_weighted_means_are_those_of_repeated_points():
    points = blobs(3, 3, 10, spread=9)
    weights = np.arange(1, 31)
    seeds = [points[:3]]
    _, (weighted,) = k_means(Problems(points, np.array([0, 30]), seeds, weights.astype(float)))
    repeated = np.repeat(points, weights, axis=0)
    _, (plain,) = k_means(Problems(repeated, np.array([0, len(repeated)]), seeds))
    assert weighted == pytest.approx(plain, rel=1e-12)
