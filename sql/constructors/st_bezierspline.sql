{% import "transformations/macros.sql" as geo %}
SELECT {{ geo.received(schema ~ ".__BEZIERSPLINE(" ~ geo.sent(linestring) ~ ", 10000, CAST(0.85 AS VARCHAR(MAX)), REPEAT(' ', 16000))") }}
