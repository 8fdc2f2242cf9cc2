{% import "placekey/macros.sql" as placekeys %}
SELECT CASE WHEN {{ placekeys.well_formed(placekey) }} THEN TRUE ELSE FALSE END
