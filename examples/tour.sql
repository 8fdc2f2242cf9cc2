-- Cells of points: the quadbin cell at resolution 6 of the largest cities.
SELECT name, population, carto.QUADBIN_FROMLONGLAT(longitude, latitude, 6) AS cell
FROM public.places
ORDER BY population DESC
LIMIT 5;

-- Counts per cell: which cells of resolution 4 hold most places, with the centre of the cell.
SELECT cell, places, people, ST_AsText(carto.QUADBIN_CENTER(cell)) AS center
FROM (
  SELECT carto.QUADBIN_FROMLONGLAT(longitude, latitude, 4) AS cell, COUNT(*) AS places, SUM(population) AS people
  FROM public.places
  GROUP BY 1
) AS cells
ORDER BY places DESC, cell
LIMIT 5;

-- A polygon filled with cells: the surroundings of Madrid at resolution 10.
SELECT carto.QUADBIN_POLYFILL(
  ST_GeomFromText('POLYGON((-4.4 40.0, -3.2 40.0, -3.0 40.6, -3.6 41.1, -4.4 40.8, -4.4 40.0))', 4326), 10
) AS cells;

-- Which places lie in those cells: the array becomes rows, joined to the cells of the points.
WITH area AS (
  SELECT carto.QUADBIN_POLYFILL(
    ST_GeomFromText('POLYGON((-4.4 40.0, -3.2 40.0, -3.0 40.6, -3.6 41.1, -4.4 40.8, -4.4 40.0))', 4326), 10
  ) AS cells
),
filled AS (
  SELECT CAST(cell AS BIGINT) AS cell FROM area AS a, a.cells AS cell
)
SELECT p.name, p.population
FROM public.places AS p
JOIN filled ON carto.QUADBIN_FROMLONGLAT(p.longitude, p.latitude, 10) = filled.cell
ORDER BY p.population DESC;

-- A k-ring: the nine cells of resolution 10 around Tokyo, with their distances from the middle one.
SELECT carto.QUADBIN_KRING_DISTANCES(carto.QUADBIN_FROMLONGLAT(139.6917, 35.6895, 10), 1) AS ring;

-- Neighbours across the antimeridian: the ring around Suva wraps to the other side of the map.
SELECT name, carto.QUADBIN_TOZXY(carto.QUADBIN_FROMLONGLAT(longitude, latitude, 6)) AS tile
FROM public.places
WHERE name IN ('Suva', 'Apia')
ORDER BY name;
