{% import "quadbin/macros.sql" as cells %}
{# Adds 1 to the interleaved bits of one axis by filling the gaps with ones, so that the carry runs through them; takes 1
   from them by leaving the gaps empty. At the edge of the grid there is no neighbour. #}
{% set step = "(CAST(1 AS BIGINT) << (52 - 2 * LEAST(26, " ~ cells.resolution(quadbin) ~ ")))" %}
{% macro forwards(bits, gaps, step) -%}
CASE WHEN ({{ quadbin }} & {{ bits }}) < {{ bits }} THEN
 ({{ quadbin }} & {{ 0x7FFFFFFFFFFFFFFF - bits }}) | (((({{ quadbin }} & {{ bits }}) | {{ gaps }}) + {{ step }}) & {{ bits }}) END
{%- endmacro %}
{% macro backwards(bits, step) -%}
CASE WHEN ({{ quadbin }} & {{ bits }}) >= {{ step }} THEN
 ({{ quadbin }} & {{ 0x7FFFFFFFFFFFFFFF - bits }}) | ((({{ quadbin }} & {{ bits }}) - {{ step }}) & {{ bits }}) END
{%- endmacro %}
{% set unknown = "LOWER(" ~ direction ~ ") NOT IN ('left', 'right', 'up', 'down')" %}
SELECT CASE
  WHEN {{ quadbin }} IS NULL OR {{ direction }} IS NULL THEN NULL
  WHEN LOWER({{ direction }}) = 'right' THEN {{ forwards(cells.X_BITS, cells.Y_BITS, step) }}
  WHEN LOWER({{ direction }}) = 'left' THEN {{ backwards(cells.X_BITS, step) }}
  WHEN LOWER({{ direction }}) = 'down' THEN {{ forwards(cells.Y_BITS, cells.X_BITS, "(2 * " ~ step ~ ")") }}
  WHEN LOWER({{ direction }}) = 'up' THEN {{ backwards(cells.Y_BITS, "(2 * " ~ step ~ ")") }}
  ELSE {{ cells.error_if(unknown, "Wrong direction argument passed to sibling") }}
END
