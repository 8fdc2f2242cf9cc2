{# What procedures share that read a table or a query and make a table: their arguments `input`, `output_table` (INOUT) and
   `geom_column`, checked and quoted before they go into EXECUTE.

   A query only ever stands behind CREATE TEMPORARY TABLE ... AS, without brackets that it could close. Everything runs with
   the rights of the caller. Variables have names that no column has, since plpgsql would put their values in place of
   columns. #}
{% set PART = '("[^".]+"|[A-Za-z_][A-Za-z0-9_$]*)' %}

{% macro quoted_part(name, place) -%}
CASE WHEN SPLIT_PART({{ name }}, '.', {{ place }}) LIKE '"%'
  THEN QUOTE_IDENT(BTRIM(SPLIT_PART({{ name }}, '.', {{ place }}), '"'))
  ELSE QUOTE_IDENT(LOWER(SPLIT_PART({{ name }}, '.', {{ place }}))) END
{%- endmacro %}

{% macro quoted_name(name) -%}
{{ quoted_part(name, 1) }}
  {%- for place in (2, 3) %}
  || CASE WHEN SPLIT_PART({{ name }}, '.', {{ place }}) = '' THEN '' ELSE '.' || {{ quoted_part(name, place) }} END
  {%- endfor %}
{%- endmacro %}

{# The variables that `checked_arguments` fills. #}
{% macro declarations() -%}
  source_sql VARCHAR(MAX);
  target_name VARCHAR(MAX);
  geom_name VARCHAR(MAX);
  wrong_count BIGINT;
{%- endmacro %}

{# Checks the arguments: an output that is no name is answered in words, as the reference toolbox does; the rest are errors.
   Then `source_sql` is a query, `target_name` the table and `geom_name` the column of `r`, quoted. #}
{% macro checked_arguments() -%}
  IF output_table IS NULL OR NOT output_table ~ '^{{ PART }}([.]{{ PART }}){1,2}$' THEN
    output_table := 'Invalid output table name. It must have the form [DATABASE.]SCHEMA.TABLE';
    RETURN;
  END IF;
  IF geom_column IS NULL OR NOT geom_column ~ '^{{ PART }}$' THEN
    RAISE EXCEPTION 'Invalid geometry column: it should be the name of a column';
  END IF;
  IF input ~ '^{{ PART }}([.]{{ PART }}){0,2}$' THEN
    source_sql := 'SELECT * FROM ' || {{ quoted_name("input") }};
  ELSIF LOWER(input) ~ '^[[:space:](]*(select|with)[^a-z0-9_]'
    AND STRPOS(input, ';') = 0 AND STRPOS(input, '--') = 0 AND STRPOS(input, '/*') = 0 THEN
    source_sql := input;
  ELSE
    RAISE EXCEPTION 'Invalid input: it should be the name of a table, or a query that starts with SELECT or WITH, without semicolons and comments';
  END IF;
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
