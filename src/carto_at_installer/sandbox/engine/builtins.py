"""Which functions of Redshift there are here, and what each one is in DuckDB.

Macros (package `shims`) come first; these tables name the ones that DuckDB has with the same meaning, the aggregates,
and those that exist in Redshift but are refused.
"""

from __future__ import annotations

NATIVE: dict[str, str] = {
    name: name
    for name in (
        "abs acos asin atan atan2 ceil ceiling cos cot degrees exp floor ln pi power radians round"
        " sin sqrt tan greatest least coalesce nullif lower upper left right replace repeat"
        " reverse translate ascii ltrim rtrim length char_length character_length md5"
    ).split()
} | {
    "pow": "power",
    "dpow": "power",
    "ceiling": "ceil",
    "nvl": "coalesce",
    "btrim": "trim",
    "trim": "trim",
    "character_length": "length",
    "char_length": "length",
    "textlen": "length",
    "sha256": "sha256",
}  # fmt: skip

ALIASES = {
    "substr": "substring",
    "st_geomfromwkt": "st_geomfromtext",
    "numpoints": "st_npoints",
    "json_size": "",
    "position": "strpos",
    "func_sha1": "sha1",
    "sha": "sha1",
}

AGGREGATES: dict[str, str] = {
    "count": "count",
    "sum": "sum",
    "avg": "avg",
    "min": "min",
    "max": "max",
    "median": "median",
    "stddev": "stddev_samp",
    "stddev_samp": "stddev_samp",
    "stddev_pop": "stddev_pop",
    "variance": "var_samp",
    "var_samp": "var_samp",
    "var_pop": "var_pop",
    "bool_and": "bool_and",
    "bool_or": "bool_or",
    "any_value": "any_value",
    "listagg": "string_agg",
    "percentile_cont": "quantile_cont",
    "percentile_disc": "quantile_disc",
    "bit_and": "bit_and",
    "bit_or": "bit_or",
}

WINDOW: frozenset[str] = frozenset(
    "row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value"
    " nth_value".split()
)

REFUSED: frozenset[str] = frozenset(
    (
        "age approximate_percentile_disc array_contains array_distinct array_except array_exists"
        " array_filter array_intersection array_position array_positions array_remove array_sort"
        " array_transform array_union array_unique bttext_pattern_cmp checksum crc32 difference"
        " farmfingerprint64 farmhash64 fnv_hash from_varbyte get_array getbit hll hll_cardinality"
        " hll_combine hll_create_sketch interval_cmp lower_attribute_names murmur3_32_hash"
        " object_transform pg_get_viewdef pg_last_query_id pg_sleep pg_table_is_visible"
        " ratio_to_report regexp_like soundex st_approximatehausdorffdistance st_asgeohash"
        " st_clusterdbscan st_clusterwithin st_delaunaytriangles st_distance_spheroid"
        " st_generatepoints st_geogfromtext st_geogfromwkb st_geomfromgeohash st_geomfromgeosquare"
        " st_geosquare st_hausdorffdistance st_interiorrings st_linemerge st_memsize"
        " st_minimumboundingcircle st_node st_pointonsurface st_polygonize st_summary st_triangulate"
        " st_voronoi st_voronoidiagram supportsbbox text_to_int_alt text_to_numeric_alt to_char"
        " to_date to_number to_varbyte trim_array upper_attribute_names varbyte"
    ).split()
)  # fmt: skip
