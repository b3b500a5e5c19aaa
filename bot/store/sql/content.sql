-- name: insert_figure
-- The same figure is kept once, whoever it was drawn for.
INSERT INTO figure (digest, body) VALUES (:digest, :body) ON CONFLICT DO NOTHING;

-- name: figure
-- A figure by its content address.
SELECT body FROM figure WHERE digest = :digest;

-- name: insert_drawing
-- What a generator draws from a seed is noted once.
INSERT INTO drawing (generator, seed, digest) VALUES (:generator, :seed, :digest)
ON CONFLICT DO NOTHING;

-- name: drawing
-- The figure that a generator drew from a seed.
SELECT figure.body FROM drawing JOIN figure ON figure.digest = drawing.digest
WHERE drawing.generator = :generator AND drawing.seed = :seed;

-- name: insert_control
-- The same want of the same space is the same control, so a reply shown twice adds nothing.
INSERT INTO control (space, control, want) VALUES (:space, :control, :want)
ON CONFLICT DO NOTHING;

-- name: control
-- What a button means, looked up with the space it was pressed in.
SELECT want FROM control WHERE space = :space AND control = :control;

-- name: shelf_get
-- One record of an adapter.
SELECT value FROM shelf WHERE adapter = :adapter AND name = :name;

-- name: shelf_put
-- Keep or replace a record.
INSERT INTO shelf (adapter, name, value) VALUES (:adapter, :name, :value)
ON CONFLICT (adapter, name) DO UPDATE SET value = excluded.value;

-- name: shelf_drop
-- Take a record away.
DELETE FROM shelf WHERE adapter = :adapter AND name = :name;

-- name: shelf_all
-- Every record of an adapter; the names that begin alike are picked out by the caller.
SELECT name, value FROM shelf WHERE adapter = :adapter ORDER BY name;

-- name: published_items
-- Every chapter that was planned and every challenge that was posed: their ids must not change.
SELECT DISTINCT run.series, lesson.chapter AS item FROM lesson
JOIN run ON run.space = lesson.space AND run.run = lesson.run
UNION
SELECT DISTINCT run.series, variant.chapter || '/' || variant.challenge AS item FROM variant
JOIN run ON run.space = variant.space AND run.run = variant.run;
