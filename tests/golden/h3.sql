-- Redshift's own H3 functions; the toolbox's are in its schema.
SELECT H3_FromLongLat(0, 0, 10), H3_FromPoint(ST_SetSRID(ST_Point(0, 0), 4326), 10), TO_HEX(H3_FromLongLat(-73.0, 40.0, 5))
#> int8, int8, varchar
=> 623560421467684863 | 623560421467684863 | *

SELECT H3_Resolution(623560421467684863), H3_IsValid(623560421467684863), H3_IsValid(1), TO_HEX(H3_ToParent(623560421467684863, 5))
=> 10 | true | false | *

SELECT GET_ARRAY_LENGTH(H3_ToChildren(H3_ToParent(623560421467684863, 5), 6)), ROUND(ST_X(H3_Center(623560421467684863)), 3), ST_SRID(H3_Center(623560421467684863)), ST_GeometryType(H3_Boundary(623560421467684863)), ST_NPoints(H3_Boundary(623560421467684863))
=> 7 | * | 4326 | ST_Polygon | 7

SELECT GET_ARRAY_LENGTH(H3_Polyfill(ST_MakeEnvelope(0, 0, 1, 1, 4326), 4)) > 0
=> true

SELECT H3_FromLongLat(0, 0, 16)
!> resolution

SELECT H3_FromPoint(ST_GeomFromText('LINESTRING(0 0,1 1)'), 5)
!> expected POINT

SELECT H3_FromLongLat(NULL, 0, 5), H3_Resolution(NULL)
=> NULL | NULL

SELECT H3_KRing(1, 2)
!> function h3_kring(integer, integer) does not exist
