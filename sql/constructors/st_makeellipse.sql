{% from "constructors/ellipse.sql" import ellipse %}
SELECT {{ ellipse(schema, center, x_semi_axis, y_semi_axis) }}
