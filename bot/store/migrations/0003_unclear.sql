-- How many tries had no clear answer. `tries` counts those of processes that died as well, and
-- however often one is restarted, nobody is to be asked about that.
ALTER TABLE delivery ADD COLUMN unclear INTEGER NOT NULL DEFAULT 0;
