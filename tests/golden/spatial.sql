-- Text forms: 15 significant digits, no blanks.
SELECT ST_AsText(ST_Point(1.5, 2)), ST_AsEWKT(ST_SetSRID(ST_Point(0.1, 0.2), 4326)), ST_AsText(ST_MakeEnvelope(0, 0, 1, 1, 4326))
=> POINT(1.5 2) | SRID=4326;POINT(0.1 0.2) | POLYGON((0 0,0 1,1 1,1 0,0 0))

SELECT ST_AsText(ST_GeomFromText('POINT(1.123456789 2.987654321)'), 4), ST_AsText(ST_GeomFromText('LINESTRING EMPTY'))
=> POINT(1.123 2.988) | LINESTRING EMPTY

SELECT ST_AsGeoJSON(ST_GeomFromText('MULTIPOINT(1 2,3 4)')), ST_SRID(ST_GeomFromGeoJSON('{"type":"Point","coordinates":[1,2]}')), ST_AsText(ST_GeomFromGeoJSON('{"type":"Point","coordinates":[1,2]}'))
=> {"type":"MultiPoint","coordinates":[[1,2],[3,4]]} | 4326 | POINT(1 2)

-- A GEOMETRY is shown as hexadecimal EWKB.
SELECT ST_SetSRID(ST_Point(1, 2), 4326), ST_Point(1, 2)
#> geometry, geometry
=> 0101000020E6100000000000000000F03F0000000000000040 | 0101000000000000000000F03F0000000000000040

-- Its SRID comes least significant byte first; 0 is not written, and NULL is NULL, in columns too.
SELECT s, ST_AsHexEWKB(ST_SetSRID(ST_Point(1, 2), s)), ST_SRID(ST_GeomFromEWKB(ST_AsHexEWKB(ST_SetSRID(ST_Point(1, 2), s)))) FROM (SELECT 0 AS s UNION ALL SELECT 1 UNION ALL SELECT 3857 UNION ALL SELECT 4326 UNION ALL SELECT 32767 UNION ALL SELECT 999999 UNION ALL SELECT NULL) t ORDER BY s
=> 0 | 0101000000000000000000F03F0000000000000040 | 0
=> 1 | 010100002001000000000000000000F03F0000000000000040 | 1
=> 3857 | 0101000020110F0000000000000000F03F0000000000000040 | 3857
=> 4326 | 0101000020E6100000000000000000F03F0000000000000040 | 4326
=> 32767 | 0101000020FF7F0000000000000000F03F0000000000000040 | 32767
=> 999999 | 01010000203F420F00000000000000F03F0000000000000040 | 999999
=> NULL | NULL | NULL

SELECT ST_AsHexEWKB(NULL), ST_AsHexEWKB(ST_SetSRID(ST_MakePoint(1, 2, 3), 4326)), ST_SRID(ST_GeomFromEWKB('01010000a0e6100000000000000000f03f00000000000000400000000000000840'))
=> NULL | 01010000A0E6100000000000000000F03F00000000000000400000000000000840 | 4326

SELECT ST_AsHexWKB(ST_Point(1, 2)), ST_AsText(ST_GeomFromWKB('0101000000000000000000F03F0000000000000040')), ST_SRID(ST_GeomFromEWKB('0101000020E6100000000000000000F03F0000000000000040')), ST_AsText('POINT(3 4)'::GEOMETRY)
=> 0101000000000000000000F03F0000000000000040 | POINT(1 2) | 4326 | POINT(3 4)

SELECT ST_GeomFromText('POINT(1)')
!>

SELECT ST_GeomFromText(NULL), ST_X(NULL)
=> NULL | NULL

-- Accessors.
SELECT ST_X(ST_Point(1, 2)), ST_Y(ST_Point(1, 2)), ST_Z(ST_MakePoint(1, 2, 3)), ST_Z(ST_Point(1, 2)), ST_NDims(ST_MakePoint(1, 2, 3, 4)), GeometryType(ST_Point(0, 0)), ST_GeometryType(ST_GeomFromText('LINESTRING(0 0,1 1)'))
=> 1.0 | 2.0 | 3.0 | NULL | 4 | POINT | ST_LineString

SELECT ST_X(ST_GeomFromText('LINESTRING(0 0,1 1)'))
!> expected POINT

SELECT ST_NPoints(g), ST_NumGeometries(g), ST_NumInteriorRings(g), ST_Dimension(g), ST_NRings(g), ST_Area(g), ST_Perimeter(g), ST_IsPolygonCCW(g), ST_IsPolygonCW(g) FROM (SELECT ST_GeomFromText('POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))') AS g) t
#> int4, int4, int4, int4, int4, float8, float8, bool, bool
=> 10 | 1 | 1 | 2 | 2 | 15.0 | 20.0 | true | false

SELECT ST_AsText(ST_StartPoint(g)), ST_AsText(ST_EndPoint(g)), ST_AsText(ST_PointN(g, 2)), ST_Length(g), ST_IsClosed(g), ST_AsText(ST_Reverse(g)) FROM (SELECT ST_GeomFromText('LINESTRING(0 0,3 4,6 8)') AS g) t
=> POINT(0 0) | POINT(6 8) | POINT(3 4) | 10.0 | false | LINESTRING(6 8,3 4,0 0)

SELECT ST_AsText(ST_GeometryN(ST_GeomFromText('MULTIPOINT(1 2,3 4)'), 2)), ST_AsText(ST_ExteriorRing(ST_MakeEnvelope(0, 0, 1, 1))), ST_XMin(ST_MakeEnvelope(1, 2, 3, 4)), ST_YMax(ST_MakeEnvelope(1, 2, 3, 4))
=> POINT(3 4) | LINESTRING(0 0,0 1,1 1,1 0,0 0) | 1.0 | 4.0

-- Relations need the same SRID.
SELECT ST_Intersects(ST_MakeEnvelope(0, 0, 2, 2), ST_Point(1, 1)), ST_Contains(ST_MakeEnvelope(0, 0, 2, 2), ST_Point(2, 2)), ST_Covers(ST_MakeEnvelope(0, 0, 2, 2), ST_Point(2, 2)), ST_Within(ST_Point(1, 1), ST_MakeEnvelope(0, 0, 2, 2)), ST_Disjoint(ST_Point(1, 1), ST_Point(2, 2)), ST_Touches(ST_MakeEnvelope(0, 0, 1, 1), ST_MakeEnvelope(1, 0, 2, 1))
=> true | false | true | true | true | true

SELECT ST_Intersects(ST_SetSRID(ST_Point(1, 1), 4326), ST_Point(1, 1))
!> different SRIDs

SELECT ST_Distance(ST_Point(0, 0), ST_Point(3, 4)), ST_DWithin(ST_Point(0, 0), ST_Point(3, 4), 5), ST_MaxDistance(ST_Point(0, 0), ST_GeomFromText('LINESTRING(1 1,3 4)')), ST_DFullyWithin(ST_Point(0, 0), ST_GeomFromText('LINESTRING(1 1,3 4)'), 4.9)
=> 5.0 | true | 5.0 | false

SELECT ROUND(ST_DistanceSphere(ST_Point(-122, 47), ST_Point(-122.1, 47.1)), 3), ROUND(ST_LengthSphere(ST_GeomFromText('LINESTRING(-122 47,-122.1 47.1)')), 3), ST_LengthSphere(ST_Point(1, 2))
=> 13455.297 | 13455.297 | 0.0

SELECT ROUND(ST_Azimuth(ST_Point(0, 0), ST_Point(1, 1)), 6), ROUND(ST_Angle(ST_Point(1, 1), ST_Point(0, 0), ST_Point(1, 0)), 6), ROUND(ST_Angle(ST_Point(0, 0), ST_Point(0, 1), ST_Point(0, 0), ST_Point(1, 0)), 6)
=> 0.785398 | 0.785398 | 1.570796

-- Overlays and hulls.
SELECT ST_AsText(ST_Intersection(ST_MakeEnvelope(0, 0, 2, 2), ST_MakeEnvelope(1, 1, 3, 3))), ST_Area(ST_Union(ST_MakeEnvelope(0, 0, 2, 2), ST_MakeEnvelope(1, 1, 3, 3))), ST_Area(ST_Difference(ST_MakeEnvelope(0, 0, 2, 2), ST_MakeEnvelope(1, 1, 3, 3))), ST_AsText(ST_Centroid(ST_MakeEnvelope(0, 0, 2, 2)))
=> * | 7.0 | 3.0 | POINT(1 1)

SELECT ST_Area(ST_ConvexHull(ST_GeomFromText('MULTIPOINT(0 0,2 0,2 2,0 2,1 1)'))), ST_AsText(ST_Envelope(ST_GeomFromText('LINESTRING(0 0,2 1)'))), ST_IsValid(ST_GeomFromText('POLYGON((0 0,1 1,1 0,0 1,0 0))')), ST_IsSimple(ST_GeomFromText('LINESTRING(0 0,1 1,1 0,0 1)'))
=> 4.0 | POLYGON((0 0,0 1,2 1,2 0,0 0)) | false | false

SELECT ST_AsText(ST_Envelope(ST_Point(1, 2))), ST_AsText(ST_Envelope(ST_GeomFromText('LINESTRING(0 0,2 0)'))), ST_SRID(ST_Envelope(ST_SetSRID(ST_Point(1, 2), 4326)))
=> POINT(1 2) | LINESTRING(0 0,2 0) | 4326

-- Vertices; indexes are from 0, SRID and dimensions those of the first geometry.
SELECT ST_AsText(ST_AddPoint(g, ST_Point(9, 9))), ST_AsText(ST_AddPoint(g, ST_Point(9, 9), 0)), ST_AsText(ST_SetPoint(g, 1, ST_Point(9, 9))), ST_AsText(ST_SetPoint(g, -1, ST_Point(9, 9))), ST_AsText(ST_RemovePoint(g, 1)), ST_SRID(ST_AddPoint(g, ST_Point(9, 9))) FROM (SELECT ST_GeomFromText('LINESTRING(0 0,1 1,2 2)', 4326) AS g) t
=> LINESTRING(0 0,1 1,2 2,9 9) | LINESTRING(9 9,0 0,1 1,2 2) | LINESTRING(0 0,9 9,2 2) | LINESTRING(0 0,1 1,9 9) | LINESTRING(0 0,2 2) | 4326

SELECT ST_AddPoint(ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_Point(1, 1), 3)
!> out of range

SELECT ST_RemovePoint(ST_GeomFromText('LINESTRING(0 0,1 1)'), 0)
!> at least two points

SELECT ST_AddPoint(ST_Point(0, 0), ST_Point(1, 1)), 1
!> not a LINESTRING

SELECT ST_AddPoint(NULL, ST_Point(1, 1)), ST_Segmentize(NULL, 1)
=> NULL | NULL

SELECT ST_AsText(ST_Segmentize(ST_GeomFromText('LINESTRING(0 0,10 0)'), 4)), ST_NPoints(ST_Segmentize(ST_MakeEnvelope(0, 0, 1, 1), 0.5))
=> LINESTRING(0 0,3.33333333333333 0,6.66666666666667 0,10 0) | 9

SELECT ST_Segmentize(ST_GeomFromText('LINESTRING(0 0,10 0)'), 0)
!> must be greater than 0

SELECT ST_AsText(ST_Translate(ST_Point(1, 2), 10, 20)), ST_AsText(ST_Scale(ST_GeomFromText('LINESTRING(1 2,3 4)'), 2, -1)), ST_AsText(ST_FlipCoordinates(ST_Point(1, 2)))
=> POINT(11 22) | LINESTRING(2 -2,6 -4) | POINT(2 1)

SELECT ST_AsEWKT(ST_Force3DZ(ST_Point(1, 2))), ST_AsEWKT(ST_Force3DM(ST_Point(1, 2))), ST_AsEWKT(ST_Force4D(ST_MakePoint(1, 2, 3))), ST_AsEWKT(ST_Force2D(ST_MakePoint(1, 2, 3))), ST_MMin(ST_Force4D(ST_Point(1, 2))), ST_MMax(ST_Point(1, 2))
=> POINT Z (1 2 0) | POINT M (1 2 0) | POINT ZM (1 2 3 0) | POINT(1 2) | 0.0 | NULL

SELECT ST_GeoHash(ST_Point(-115.172816, 36.114646)), ST_GeoHash(ST_Point(-115.172816, 36.114646), 10), ST_GeoHash(ST_SetSRID(ST_Point(-126, 48), 4326), 5)
=> 9qqj7nmxncgyy4d0dbxq | 9qqj7nmxnc | c0w3h

-- Makers.
SELECT ST_AsText(ST_MakeLine(ST_Point(0, 0), ST_Point(1, 1))), ST_AsText(ST_Collect(ST_Point(0, 0), ST_Point(1, 1))), ST_AsText(ST_MakePolygon(ST_GeomFromText('LINESTRING(0 0,1 0,1 1,0 0)'))), ST_AsText(ST_Multi(ST_Point(1, 2)))
=> LINESTRING(0 0,1 1) | MULTIPOINT((0 0),(1 1)) | POLYGON((0 0,1 0,1 1,0 0)) | MULTIPOINT((1 2))

SELECT ST_MakePolygon(ST_GeomFromText('LINESTRING(0 0,1 0,1 1)'))
!> must be closed

SELECT ROUND(ST_X(ST_Transform(ST_SetSRID(ST_Point(-3.7, 40.4), 4326), 3857))), ROUND(ST_Y(ST_Transform(ST_SetSRID(ST_Point(-3.7, 40.4), 4326), 3857)))
=> -411882.0 | 4924241.0

SELECT ST_Transform(ST_Point(1, 2), 3857)
!> SRID 0

-- A text of a geometry has at most 64 KB.
SELECT LEN(ST_AsText(ST_Buffer(ST_Point(0, 0), 1, 2000)))
!> larger than 65535 bytes

SELECT ST_Voronoi(ST_Point(0, 0))
!> ST_VORONOI is not supported by the sandbox

SELECT ST_GeogFromText('POINT(0 0)')
!> ST_GEOGFROMTEXT is not supported by the sandbox

-- ST_Collect as an aggregate.
SELECT ST_AsEWKT(ST_Collect(g)), ST_AsText(ST_Envelope(ST_Collect(g))) FROM (SELECT ST_SetSRID(ST_Point(1, 2), 4326) AS g UNION ALL SELECT ST_SetSRID(ST_Point(3, 5), 4326) UNION ALL SELECT NULL) t
=> * | POLYGON((1 2,1 5,3 5,3 2,1 2))

SELECT k, ST_NumGeometries(ST_Collect(g)) FROM (SELECT 1 AS k, ST_Point(1, 2) AS g UNION ALL SELECT 1, ST_Point(3, 5) UNION ALL SELECT 2, ST_Point(0, 0)) t GROUP BY k ORDER BY k
=> 1 | 2
=> 2 | 1

SELECT ST_Collect(g) FROM (SELECT ST_Point(1, 2) AS g) t WHERE ST_X(g) > 5
=> NULL
