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
