{# Random points in the polygons of a table, a row for each: every polygon is asked for in draws of up to 1 000 points, each with
   a seed of its own. #}
{% import "common/tables.sql" as tables %}
{% import "transformations/macros.sql" as geo %}
{% set WORK = "__carto_at_random_" %}
{% set NAMES = ("rows", "polygons", "texts", "numbers", "draws") %}
{% set MOST = 1000 %}
{% macro draw(call) -%}
CREATE TEMPORARY TABLE {{ WORK }}draws AS
  SELECT d.polygon_id, JSON_PARSE({{ schema }}.{{ call }}, REPEAT(' ', 42 * CAST(d.size AS INTEGER)))) AS drawn
  FROM (
    SELECT t.polygon_id, t.hex,
      FLOOR((n.number + 1) * number_of_points / CAST(draw_count AS DOUBLE PRECISION))
        - FLOOR(n.number * number_of_points / CAST(draw_count AS DOUBLE PRECISION)) AS size,
      MOD(COALESCE(seed, 0), 1000000007) * 1000003 + n.number AS draw_seed
    FROM {{ WORK }}texts t CROSS JOIN {{ WORK }}numbers n WHERE n.number < draw_count
  ) d
{%- endmacro %}
{% macro place(x, y) -%}
ST_SetSRID(ST_Point(CAST({{ x }} AS DOUBLE PRECISION), CAST({{ y }} AS DOUBLE PRECISION)), 4326)
{%- endmacro %}
DECLARE
  {{ tables.declarations() }}
  draw_count BIGINT;
  number_count BIGINT := 1;
BEGIN
  {{ tables.checked_arguments() }}
  IF number_of_points IS NULL OR number_of_points < 1 OR number_of_points > 100000000 THEN
    RAISE EXCEPTION 'Invalid number of points: should be between 1 and 100000000';
  END IF;

  {{ tables.drop_work(WORK, NAMES) }}
  {{ tables.read_input(WORK ~ "rows", "'ST_Polygon', 'ST_MultiPolygon'", "polygons") }}
  CREATE TEMPORARY TABLE {{ WORK }}polygons AS SELECT r.*, ROW_NUMBER() OVER () - 1 AS polygon_id FROM {{ WORK }}rows r;
  EXECUTE 'CREATE TEMPORARY TABLE {{ WORK }}texts AS SELECT r.polygon_id, '
    || REPLACE('{{ geo.sent("@") | replace("'", "''") }}', '@', geom_name) || ' AS hex FROM {{ WORK }}polygons r';
  draw_count := CEIL(number_of_points / CAST({{ MOST }} AS DOUBLE PRECISION));
  CREATE TEMPORARY TABLE {{ WORK }}numbers AS SELECT CAST(0 AS BIGINT) AS number;
  WHILE number_count < draw_count LOOP
    INSERT INTO {{ WORK }}numbers SELECT n.number + number_count FROM {{ WORK }}numbers n;
    number_count := number_count * 2;
  END LOOP;

  IF seed IS NULL THEN
    {{ draw("__GENERATEPOINTS(d.hex, CAST(d.size AS INTEGER)") }};
  ELSE
    {{ draw("__GENERATEPOINTS_SEEDED(d.hex, CAST(d.size AS INTEGER), d.draw_seed") }};
  END IF;
  IF number_of_points = 1 THEN
    EXECUTE 'CREATE TABLE ' || target_name || ' AS SELECT r.*, '
      || '{{ place("d.drawn.coordinates[0]", "d.drawn.coordinates[1]") }} AS random_point'
      || ' FROM {{ WORK }}polygons r JOIN {{ WORK }}draws d ON d.polygon_id = r.polygon_id WHERE d.drawn IS NOT NULL';
  ELSE
    EXECUTE 'CREATE TABLE ' || target_name || ' AS SELECT r.*, p.random_point FROM {{ WORK }}polygons r JOIN ('
      || 'SELECT d.polygon_id, {{ place("c[0]", "c[1]") }} AS random_point'
      || ' FROM {{ WORK }}draws d, d.drawn.coordinates AS c) p ON p.polygon_id = r.polygon_id';
  END IF;
  {{ tables.drop_work(WORK, NAMES) }}
END;
