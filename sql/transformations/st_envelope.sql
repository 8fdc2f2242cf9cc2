SELECT {{ schema }}.ST_ENVELOPE_ARR({{ geojsons }})
