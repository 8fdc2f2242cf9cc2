{# As many blanks as a result will have characters, up to what Redshift takes. Redshift bounds how many bytes it sends in a
   batch, not how many come back: with the blanks, the first bounds the second, and rows with small results go in large
   batches. Handlers do not look at them. Here the result is so many cells, `size` bytes each as (escaped) items of a JSON
   array. Writes both once. #}
{% macro of_cells(size, cells) -%}
REPEAT(' ', CAST(LEAST(65535, ({{ size }}) * COALESCE({{ cells }}, 0) + 2) AS INTEGER))
{%- endmacro %}

{# How many cells there are: in a square and in a hexagon of `k` steps to each side, and in a ring of hexagons at distance
   `k`; and how many `base` makes in `levels` steps down. Each is bounded, so that it does not overflow. #}
{% macro square(k) %}POWER(2 * LEAST(GREATEST({{ k }}, 0), 1000) + 1, 2){% endmacro %}
{% macro hexagon(k) %}(3 * POWER(LEAST(GREATEST({{ k }}, 0), 1000), 2) + 3 * LEAST(GREATEST({{ k }}, 0), 1000) + 1){% endmacro %}
{% macro hexagon_ring(k) %}(6 * LEAST(GREATEST({{ k }}, 0), 2000) + 1){% endmacro %}
{% macro below(base, levels) %}POWER({{ base }}, LEAST(GREATEST({{ levels }}, 0), 12)){% endmacro %}

{# How many cells a geometry may touch, from its envelope: `side` are cells in a degree, `more` what a cell may reach beyond
   to both sides, `least` the area of the smallest cell. `north` stretches degrees of latitude. A geometry that is to be
   transformed gets the most. Writes it six times. #}
{% macro _in_envelope(geo, side, more, least=1, north=1) -%}
CASE WHEN ST_SRID({{ geo }}) IN (0, 4326) THEN
 ((ST_XMax({{ geo }}) - ST_XMin({{ geo }})) * {{ side }} + {{ more }})
 * ((ST_YMax({{ geo }}) - ST_YMin({{ geo }})) * {{ side }} * {{ north }} + {{ more }}) / {{ least }}
 ELSE 65535 END
{%- endmacro %}

{# Tiles of the Mercator map, whose degrees of latitude grow by 1 / cos(latitude). Writes `geo` seven times. #}
{% macro tiles(geo, z) -%}
{{ _in_envelope(geo, "POWER(2, LEAST(GREATEST(" ~ z ~ ", 0), 29)) / 360", 2,
  north="1 / COS(RADIANS(LEAST(85.06, GREATEST(ST_YMax(" ~ geo ~ "), -ST_YMin(" ~ geo ~ ")))))") }}
{%- endmacro %}

{# Cells of H3: at the resolution 0 they are at most 0.4411 (radians) across and at least 0.0634 large; from one resolution
   to the next their area falls to a seventh. #}
{% macro hexagons(geo, resolution) -%}
{{ _in_envelope(geo, "POWER(7, LEAST(GREATEST(" ~ resolution ~ ", 0), 15) / 2.0) / 57.29578", 0.883, 0.0634) }}
{%- endmacro %}

{# Cells of S2: a face is at most 2.4387 (radians) across and at least 1.2571 large; from one level to the next to a quarter. #}
{% macro quadrilaterals(geo, level) -%}
{{ _in_envelope(geo, "POWER(2, LEAST(GREATEST(" ~ level ~ ", 0), 30)) / 57.29578", 4.878, 1.257) }}
{%- endmacro %}
