{% import "quadkey/macros.sql" as quadints %}
{# Takes a step from the bits of x or y; what it borrows is cut off, so that the grid is a ring. The step forwards is the
   way around it backwards, which cannot overflow. #}
{% set columns = "((" ~ quadints.side(quadint) ~ " - 1) << 5)" %}
{% set deepest = "LEAST(29, " ~ quadints.zoom(quadint) ~ ")" %}
{% set one_row = "(CAST(32 AS BIGINT) << " ~ deepest ~ ")" %}
{% set rows = "(((CAST(1 AS BIGINT) << " ~ deepest ~ ") - 1) << (5 + " ~ deepest ~ "))" %}
{% macro less(bits, step) -%}
({{ quadint }} & ({{ 0x7FFFFFFFFFFFFFFF }} - {{ bits }})) | ((({{ quadint }} & {{ bits }}) - {{ step }}) & {{ bits }})
{%- endmacro %}
{% set missing = quadint ~ " IS NULL OR " ~ direction ~ " IS NULL" %}
{% set unknown = "LOWER(" ~ direction ~ ") NOT IN ('left', 'right', 'up', 'down')" %}
SELECT CASE
  WHEN {{ missing }} THEN {{ quadints.null_error(missing) }}
  WHEN LOWER({{ direction }}) = 'left' THEN {{ less(columns, 32) }}
  WHEN LOWER({{ direction }}) = 'right' THEN {{ less(columns, columns) }}
  WHEN LOWER({{ direction }}) = 'up' THEN {{ less(rows, one_row) }}
  WHEN LOWER({{ direction }}) = 'down' THEN {{ less(rows, rows) }}
  ELSE {{ quadints.error_if(unknown, "Wrong direction argument passed to sibling") }}
END
