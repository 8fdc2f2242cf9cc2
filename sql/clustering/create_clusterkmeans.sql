{# K-means over a table of any size. The centres of a sample of 1 000 places are found in Lambda; all places then move them,
   in plain SQL: all at once (Lloyd's algorithm) up to 100 000 places, else in mini-batches of that size, in which a centre
   moves the less the more places it has seen (Sculley 2010, Web-Scale K-Means Clustering). A place stands for all rows at
   its coordinates, so rows at one place are always in one cluster. Nothing is drawn by chance: places are put in the order
   of their hashes, so the same rows have the same clusters. Names and queries are checked and
   quoted as `common/tables.sql` says. #}
{% import "common/tables.sql" as tables %}
{% set SAMPLE = 1000 %}
{% set BATCH = 100000 %}
{% macro nearest(places) -%}
SELECT ranked.x, ranked.y, ranked.n, ranked.cluster FROM (
  SELECT p.x, p.y, p.n, c.cluster, ROW_NUMBER() OVER (
    PARTITION BY p.place ORDER BY (p.x - c.x) * (p.x - c.x) + (p.y - c.y) * (p.y - c.y), c.cluster) AS rank
  FROM __carto_at_kmeans_places p CROSS JOIN __carto_at_kmeans_centres c WHERE {{ places }}
) ranked WHERE ranked.rank = 1
{%- endmacro %}
{% macro drop_work() -%}
{% for name in ("rows", "places", "sample", "centres", "sums") %}
  DROP TABLE IF EXISTS __carto_at_kmeans_{{ name }};
{% endfor %}
{%- endmacro %}
DECLARE
  source_sql VARCHAR(MAX);
  target_name VARCHAR(MAX);
  geom_name VARCHAR(MAX);
  wrong_count BIGINT;
  place_count BIGINT;
  total_count BIGINT;
  cluster_count BIGINT;
  batch_count BIGINT;
  moved_count BIGINT;
  turn_number BIGINT := 0;
BEGIN
  IF output_table IS NULL OR NOT output_table ~ '{{ tables.OUTPUT_NAME }}' THEN
    output_table := 'Invalid output table name. It must have the form [DATABASE.]SCHEMA.TABLE';
    RETURN;
  END IF;
  IF geom_column IS NULL OR NOT geom_column ~ '^{{ tables.PART }}$' THEN
    RAISE EXCEPTION 'Invalid geometry column: it should be the name of a column';
  END IF;
  IF number_of_clusters < 1 OR number_of_clusters > {{ SAMPLE }} THEN
    RAISE EXCEPTION 'Invalid number of clusters: should be between 1 and {{ SAMPLE }}';
  END IF;
  {{ tables.read_source("input") }}
  target_name := {{ tables.quoted_name("output_table") }};
  geom_name := 'r.' || {{ tables.quoted_part("geom_column", 1) }};

  {{ drop_work() }}
  EXECUTE 'CREATE TEMPORARY TABLE __carto_at_kmeans_rows AS ' || source_sql;
  EXECUTE 'SELECT COUNT(*) FROM __carto_at_kmeans_rows r WHERE ST_GeometryType(' || geom_name || ') <> ''ST_Point'''
    INTO wrong_count;
  IF wrong_count > 0 THEN
    RAISE EXCEPTION 'Invalid geometry: % of the geometries are not points', wrong_count;
  END IF;
  EXECUTE 'CREATE TEMPORARY TABLE __carto_at_kmeans_places AS'
    || ' SELECT g.x, g.y, g.n, ROW_NUMBER() OVER (ORDER BY MD5(g.x || '' '' || g.y), g.x, g.y) - 1 AS place FROM ('
    || 'SELECT c.x, c.y, COUNT(*) AS n FROM (SELECT ST_X(' || geom_name || ') AS x, ST_Y(' || geom_name
    || ') AS y FROM __carto_at_kmeans_rows r) c WHERE c.x IS NOT NULL GROUP BY c.x, c.y) g';
  SELECT COUNT(*), SUM(p.n) INTO place_count, total_count FROM __carto_at_kmeans_places p;
  cluster_count := COALESCE(number_of_clusters, ROUND(SQRT(COALESCE(total_count, 0) / CAST(2 AS DOUBLE PRECISION))));
  cluster_count := LEAST(GREATEST(cluster_count, 1), {{ SAMPLE }});

  CREATE TEMPORARY TABLE __carto_at_kmeans_sample AS
    SELECT JSON_PARSE({{ schema }}.__CLUSTERKMEANS_CENTRES('[' || COALESCE(t.triples, '') || ']', CAST(cluster_count AS INTEGER))) AS sampled
    FROM (SELECT LISTAGG('[' || CAST(p.x AS VARCHAR(32)) || ',' || CAST(p.y AS VARCHAR(32)) || ',' || CAST(p.n AS VARCHAR(20)) || ']', ',')
      WITHIN GROUP (ORDER BY p.place) AS triples FROM __carto_at_kmeans_places p WHERE p.place < {{ SAMPLE }}) t;
  CREATE TEMPORARY TABLE __carto_at_kmeans_centres AS
    SELECT CAST(f.c AS INTEGER) AS cluster, CAST(f.x AS DOUBLE PRECISION) AS x, CAST(f.y AS DOUBLE PRECISION) AS y,
      CAST(0 AS DOUBLE PRECISION) AS weight
    FROM __carto_at_kmeans_sample s, s.sampled AS f;

  batch_count := CEIL(place_count / CAST({{ BATCH }} AS DOUBLE PRECISION));
  moved_count := place_count;
  WHILE moved_count > 0 AND turn_number < 50 LOOP
    DROP TABLE IF EXISTS __carto_at_kmeans_sums;
    CREATE TEMPORARY TABLE __carto_at_kmeans_sums AS
      SELECT a.cluster, SUM(a.n * a.x) AS x, SUM(a.n * a.y) AS y, CAST(SUM(a.n) AS DOUBLE PRECISION) AS weight
      FROM ({{ nearest("p.place % batch_count = turn_number % batch_count") }}) a GROUP BY a.cluster;
    IF batch_count = 1 THEN
      UPDATE __carto_at_kmeans_centres SET weight = 0;
    END IF;
    SELECT COUNT(*) INTO moved_count FROM __carto_at_kmeans_centres c
      JOIN __carto_at_kmeans_sums s ON s.cluster = c.cluster
      WHERE ABS(s.x - s.weight * c.x) + ABS(s.y - s.weight * c.y)
        > 1e-12 * s.weight * (1 + ABS(c.x) + ABS(c.y));
    UPDATE __carto_at_kmeans_centres
      SET x = __carto_at_kmeans_centres.x + (s.x - s.weight * __carto_at_kmeans_centres.x) / (__carto_at_kmeans_centres.weight + s.weight),
        y = __carto_at_kmeans_centres.y + (s.y - s.weight * __carto_at_kmeans_centres.y) / (__carto_at_kmeans_centres.weight + s.weight),
        weight = __carto_at_kmeans_centres.weight + s.weight
      FROM __carto_at_kmeans_sums s WHERE s.cluster = __carto_at_kmeans_centres.cluster;
    turn_number := turn_number + 1;
  END LOOP;

  EXECUTE 'CREATE TABLE ' || target_name || ' AS SELECT r.*, a.cluster AS cluster_id FROM __carto_at_kmeans_rows r LEFT JOIN ('
    || '{{ nearest("TRUE") }}'
    || ') a ON a.x = ST_X(' || geom_name || ') AND a.y = ST_Y(' || geom_name || ')';
  {{ drop_work() }}
END;
