{# What procedures that read and write tables share. Names are checked and quoted, and a query only ever stands behind
   CREATE TEMPORARY TABLE ... AS, without brackets that it could close; it runs with the rights of the caller. Variables of
   procedures have names that no column has, since plpgsql would put their values in place of columns. #}
{% set PART = '("[^".]+"|[A-Za-z_][A-Za-z0-9_$]*)' %}
{% set OUTPUT_NAME = "^" ~ PART ~ "([.]" ~ PART ~ "){1,2}$" %}

{% macro quoted_part(name, place) -%}
CASE WHEN SPLIT_PART({{ name }}, '.', {{ place }}) LIKE '"%'
  THEN QUOTE_IDENT(BTRIM(SPLIT_PART({{ name }}, '.', {{ place }}), '"'))
  ELSE QUOTE_IDENT(LOWER(SPLIT_PART({{ name }}, '.', {{ place }}))) END
{%- endmacro %}

{# A name of up to three parts, of which only the first has to be there. #}
{% macro quoted_name(name) -%}
{{ quoted_part(name, 1) }}
  {%- for place in (2, 3) %}
  || CASE WHEN SPLIT_PART({{ name }}, '.', {{ place }}) = '' THEN '' ELSE '.' || {{ quoted_part(name, place) }} END
  {%- endfor %}
{%- endmacro %}

{# Statements that put the query of `input`, a table's name or a query, into the variable `source_sql`. #}
{% macro read_source(input) -%}
  IF {{ input }} ~ '^{{ PART }}([.]{{ PART }}){0,2}$' THEN
    source_sql := 'SELECT * FROM ' || {{ quoted_name(input) }};
  ELSIF LOWER({{ input }}) ~ '^[[:space:](]*(select|with)[^a-z0-9_]'
    AND STRPOS({{ input }}, ';') = 0 AND STRPOS({{ input }}, '--') = 0 AND STRPOS({{ input }}, '/*') = 0 THEN
    source_sql := {{ input }};
  ELSE
    RAISE EXCEPTION 'Invalid input: it should be the name of a table, or a query that starts with SELECT or WITH, without semicolons and comments';
  END IF;
{%- endmacro %}

{# For procedures with the arguments `input`, `output_table` (INOUT) and `geom_column`: the variables that `checked_arguments`
   fills. #}
{% macro declarations() -%}
  source_sql VARCHAR(MAX);
  target_name VARCHAR(MAX);
  geom_name VARCHAR(MAX);
  wrong_count BIGINT;
{%- endmacro %}

{# Checks the arguments: an output that is no name is answered in words, as the reference toolbox does; the rest are errors.
   Then `source_sql` is a query, `target_name` the table and `geom_name` the column of `r`, quoted. #}
{% macro checked_arguments() -%}
  IF output_table IS NULL OR NOT output_table ~ '{{ OUTPUT_NAME }}' THEN
    output_table := 'Invalid output table name. It must have the form [DATABASE.]SCHEMA.TABLE';
    RETURN;
  END IF;
  IF geom_column IS NULL OR NOT geom_column ~ '^{{ PART }}$' THEN
    RAISE EXCEPTION 'Invalid geometry column: it should be the name of a column';
  END IF;
  {{ read_source("input") }}
  target_name := {{ quoted_name("output_table") }};
  geom_name := 'r.' || {{ quoted_part("geom_column", 1) }};
{%- endmacro %}

{# Copies the input into the temporary table `rows`, and refuses other geometries than the `kinds`, a list in SQL. #}
{% macro read_input(rows, kinds, words) -%}
  EXECUTE 'CREATE TEMPORARY TABLE {{ rows }} AS ' || source_sql;
  EXECUTE 'SELECT COUNT(*) FROM {{ rows }} r WHERE ST_GeometryType(' || geom_name || ') NOT IN ({{ kinds | replace("'", "''") }})'
    INTO wrong_count;
  IF wrong_count > 0 THEN
    RAISE EXCEPTION 'Invalid geometry: % of the geometries are not {{ words }}', wrong_count;
  END IF;
{%- endmacro %}

{# The places of the points of `rows`, each once, with how many rows it has and a number: `places` (x, y, n, place). #}
{% macro find_places(rows, places, order) -%}
  EXECUTE 'CREATE TEMPORARY TABLE {{ places }} AS'
    || ' SELECT g.x, g.y, g.n, ROW_NUMBER() OVER (ORDER BY {{ order | replace("'", "''") }}) - 1 AS place FROM ('
    || 'SELECT c.x, c.y, COUNT(*) AS n FROM (SELECT ST_X(' || geom_name || ') AS x, ST_Y(' || geom_name
    || ') AS y FROM {{ rows }} r) c WHERE c.x IS NOT NULL GROUP BY c.x, c.y) g';
{%- endmacro %}

{% macro drop_work(prefix, names) -%}
{% for name in names %}
  DROP TABLE IF EXISTS {{ prefix }}{{ name }};
{% endfor %}
{%- endmacro %}

{# The block of a *_POLYFILL_TABLE procedure. A geometry is filled in steps: at the first resolution all of it, then, of each
   cell that was found, the cells a few resolutions finer, so that no answer of Lambda has more than a step's cells, however
   large the geometry is. Cells between are all that the geometry touches, whatever the mode.

   `grid` has: `column` and `type` of the cells in the table, `value` (what makes it of p.cell), `below` (the external
   function), `all` (its parent that means the whole grid), `between` (the mode of cells between), `finest` and `step`. #}
{% macro polyfill_block(schema, grid, in_degrees) -%}
{% set tables = ("rows", "input", "shapes", "attributes", "parts") %}
{% macro drop_work() -%}
{% for name in tables %}
  DROP TABLE IF EXISTS __carto_at_polyfill_{{ name }};
{% endfor %}
{%- endmacro %}
DECLARE
  source_sql VARCHAR(MAX);
  target_name VARCHAR(MAX);
  mode_name VARCHAR(MAX);
  level_number INTEGER;
  before_number INTEGER;
BEGIN
  IF output_table IS NULL OR NOT output_table ~ '{{ OUTPUT_NAME }}' THEN
    RAISE EXCEPTION 'Invalid output table name. It must have the form [DATABASE.]SCHEMA.TABLE';
  END IF;
  IF resolution IS NULL OR resolution < 0 OR resolution > {{ grid.finest }} THEN
    RAISE EXCEPTION 'Invalid resolution: should be between 0 and {{ grid.finest }}';
  END IF;
  mode_name := LOWER(mode);
  IF mode_name IS NULL OR mode_name NOT IN ('center', 'intersects', 'contains') THEN
    RAISE EXCEPTION 'Invalid mode: should be center, intersects or contains';
  END IF;
  {{ read_source("input_query") }}
  target_name := {{ quoted_name("output_table") }};

  {{ drop_work() }}
  EXECUTE 'CREATE TEMPORARY TABLE __carto_at_polyfill_rows AS ' || source_sql;
  CREATE TEMPORARY TABLE __carto_at_polyfill_input AS
    SELECT r.*, ROW_NUMBER() OVER (ORDER BY 1) AS __carto_at_row FROM __carto_at_polyfill_rows r;
  CREATE TEMPORARY TABLE __carto_at_polyfill_shapes AS
    SELECT i.__carto_at_row AS shape_row, {{ in_degrees("i.geom") }} AS shape
    FROM __carto_at_polyfill_input i WHERE i.geom IS NOT NULL;
  CREATE TEMPORARY TABLE __carto_at_polyfill_attributes AS
    SELECT * EXCLUDE geom FROM __carto_at_polyfill_input;
  CREATE TEMPORARY TABLE __carto_at_polyfill_parts AS
    SELECT s.shape_row, CAST(-1 AS INTEGER) AS part_level, CAST({{ grid.all }} AS BIGINT) AS cell
    FROM __carto_at_polyfill_shapes s;

  before_number := -1;
  level_number := MOD(resolution, {{ grid.step }});
  LOOP
    INSERT INTO __carto_at_polyfill_parts
      SELECT f.shape_row, level_number, CAST(c AS BIGINT) FROM (
        SELECT p.shape_row, JSON_PARSE({{ schema }}.{{ grid.below }}(ST_AsHexEWKB(s.shape), level_number,
          CAST(CASE WHEN level_number = resolution THEN mode_name ELSE '{{ grid.between }}' END AS VARCHAR(16)), p.cell)) AS cells
        FROM __carto_at_polyfill_parts p JOIN __carto_at_polyfill_shapes s ON s.shape_row = p.shape_row
        WHERE p.part_level = before_number) f, f.cells AS c;
    EXIT WHEN level_number = resolution;
    before_number := level_number;
    level_number := level_number + {{ grid.step }};
  END LOOP;

  EXECUTE 'CREATE TABLE ' || target_name || ' AS SELECT * EXCLUDE __carto_at_row FROM ('
    || 'SELECT a.*, {{ grid.value }} AS {{ grid.column }} FROM __carto_at_polyfill_attributes a'
    || ' JOIN __carto_at_polyfill_parts p ON p.shape_row = a.__carto_at_row WHERE p.part_level = ' || resolution || ') t';
  {{ drop_work() }}
END;
{%- endmacro %}
