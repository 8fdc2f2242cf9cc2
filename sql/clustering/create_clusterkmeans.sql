{# K-means over a table of any size. The centres of a sample of 1 000 places are found in Lambda; all places then move them,
   in plain SQL: all at once (Lloyd's algorithm) up to 100 000 places, else in mini-batches of that size, in which a centre
   moves the less the more places it has seen (Sculley 2010, Web-Scale K-Means Clustering). A place stands for all rows at
   its coordinates, so rows at one place are always in one cluster. Nothing is drawn by chance: places are put in the order
   of their hashes, and sums are of decimals, which do not depend on the order of the rows; so the same rows have the same
   clusters. #}
{% import "common/tables.sql" as tables %}
{% set WORK = "__carto_at_kmeans_" %}
{% set NAMES = ("rows", "places", "sample", "centres", "sums") %}
{% set SAMPLE = 1000 %}
{% set BATCH = 100000 %}
{% macro nearest(places) -%}
SELECT ranked.x, ranked.y, ranked.n, ranked.cluster FROM (
  SELECT p.x, p.y, p.n, c.cluster, ROW_NUMBER() OVER (
    PARTITION BY p.place ORDER BY (p.x - c.x) * (p.x - c.x) + (p.y - c.y) * (p.y - c.y), c.cluster) AS rank
  FROM __carto_at_kmeans_places p CROSS JOIN __carto_at_kmeans_centres c WHERE {{ places }}
) ranked WHERE ranked.rank = 1
{%- endmacro %}
DECLARE
  {{ tables.declarations() }}
  place_count BIGINT;
  total_count BIGINT;
  cluster_count BIGINT;
  batch_count BIGINT;
  moved_count BIGINT;
  turn_number BIGINT := 0;
BEGIN
  {{ tables.checked_arguments() }}
  IF number_of_clusters < 1 OR number_of_clusters > {{ SAMPLE }} THEN
    RAISE EXCEPTION 'Invalid number of clusters: should be between 1 and {{ SAMPLE }}';
  END IF;

  {{ tables.drop_work(WORK, NAMES) }}
  {{ tables.read_input(WORK ~ "rows", "'ST_Point'", "points") }}
  {{ tables.find_places(WORK ~ "rows", WORK ~ "places", "MD5(g.x || ' ' || g.y), g.x, g.y") }}
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
      SELECT a.cluster, CAST(SUM(CAST(a.n * a.x AS DECIMAL(38, 10))) AS DOUBLE PRECISION) AS x,
        CAST(SUM(CAST(a.n * a.y AS DECIMAL(38, 10))) AS DOUBLE PRECISION) AS y, CAST(SUM(a.n) AS DOUBLE PRECISION) AS weight
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
  {{ tables.drop_work(WORK, NAMES) }}
END;
