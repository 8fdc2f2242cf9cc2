{# Triangulations and diagrams of the points of a table. All points go to Lambda in one row, in up to 29 texts of 2 000 points:
   with the kind, the box and the part, these are the 32 arguments that a function of Redshift can have. What comes back is
   asked for in parts that each fit into one text. #}
{% import "common/tables.sql" as tables %}
{% set WORK = "__carto_at_plane_" %}
{% set NAMES = ("rows", "places", "chunks", "texts", "parts", "shapes") %}
{% set TEXTS = 29 %}
{% set POINTS = 2000 %}

{% macro declarations() -%}
  {{ tables.declarations() }}
  place_count BIGINT;
  part_count BIGINT;
  first_srid INTEGER;
  last_srid INTEGER;
{%- endmacro %}

{% macro part(schema, kind, box, number) -%}
{{ schema }}.__TESSELLATION('{{ kind }}', {{ box }}, {{ number }}
  {%- for text in range(TEXTS) %}, t.points_{{ text }}{% endfor %})
{%- endmacro %}

{# Makes the temporary table `shapes` (place, geom) of the points in `geom_column` of the input, from `box`, a text in SQL. #}
{% macro draw(schema, kind, box) -%}
  {{ tables.checked_arguments() }}

  {{ drop_work() }}
  {{ tables.read_input(WORK ~ "rows", "'ST_Point'", "points") }}
  {{ tables.find_places(WORK ~ "rows", WORK ~ "places", "g.x, g.y") }}
  SELECT COUNT(*) INTO place_count FROM {{ WORK }}places p;
  IF place_count > {{ TEXTS * POINTS }} THEN
    RAISE EXCEPTION 'Too many points: % different ones; up to {{ TEXTS * POINTS }} are taken: cut the input into regions', place_count;
  END IF;
  EXECUTE 'SELECT MIN(ST_SRID(' || geom_name || ')), MAX(ST_SRID(' || geom_name || ')) FROM {{ WORK }}rows r'
    INTO first_srid, last_srid;
  IF first_srid <> last_srid THEN
    RAISE EXCEPTION 'Invalid geometry: points have different SRIDs, such as % and %', first_srid, last_srid;
  END IF;

  CREATE TEMPORARY TABLE {{ WORK }}chunks AS
    SELECT c.chunk, LISTAGG(SUBSTRING(ST_AsHexEWKB(ST_Point(c.x, c.y)), 11, 32), '') WITHIN GROUP (ORDER BY c.place) AS points
    FROM (SELECT p.x, p.y, p.place, FLOOR(p.place / CAST({{ POINTS }} AS DOUBLE PRECISION)) AS chunk FROM {{ WORK }}places p) c
    GROUP BY c.chunk;
  CREATE TEMPORARY TABLE {{ WORK }}texts AS SELECT
    {%- for text in range(TEXTS) %}
    COALESCE(MAX(CASE WHEN c.chunk = {{ text }} THEN c.points END), '') AS points_{{ text }}{{ "," if not loop.last }}
    {%- endfor %}
    FROM {{ WORK }}chunks c;
  SELECT CAST({{ part(schema, kind, box, -1) }} AS BIGINT) INTO part_count FROM {{ WORK }}texts t;
  CREATE TEMPORARY TABLE {{ WORK }}parts AS
    SELECT JSON_PARSE({{ part(schema, kind, box, "CAST(p.place AS INTEGER)") }}) AS drawn
    FROM {{ WORK }}places p CROSS JOIN {{ WORK }}texts t WHERE p.place < part_count;
  CREATE TEMPORARY TABLE {{ WORK }}shapes AS
    SELECT CAST(f.p AS BIGINT) AS place, ST_SetSRID(ST_GeomFromEWKB(CAST(f.g AS VARCHAR(MAX))), first_srid) AS geom
    FROM {{ WORK }}parts s, s.drawn AS f;
{%- endmacro %}

{% macro drop_work() -%}
{{ tables.drop_work(WORK, NAMES) }}
{%- endmacro %}

{# A procedure whose table has the shapes alone, with numbers in a column. #}
{% macro shapes_procedure(schema, kind, box, number) -%}
DECLARE
  {{ declarations() }}
BEGIN
  {{ draw(schema, kind, box) }}
  EXECUTE 'CREATE TABLE ' || target_name || ' AS SELECT s.place AS {{ number }}, s.geom FROM {{ WORK }}shapes s';
  {{ drop_work() }}
END;
{%- endmacro %}
