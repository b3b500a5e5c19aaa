-- name: plan_delivery
-- Whoever comes second with the same identity adds nothing, so no leader has to be elected.
INSERT INTO delivery (
    delivery, space, run, chapter, beat, purpose, part, issue, kind, channel, member, after, body,
    planned_at_ms, due_at_ms, state, reason, owner, lease_until_ms, tries, tried_at_ms, ref,
    settled_at_ms
) VALUES (
    :delivery, :space, :run, :chapter, :beat, :purpose, :part, :issue, :kind, :channel, :member,
    :after, :body, :planned_at_ms, :due_at_ms, 'pending', '', '', 0, 0, NULL, NULL, NULL
)
ON CONFLICT (space, run, chapter, beat, purpose, part, issue) DO NOTHING;

-- name: claimable_deliveries
-- What may go out now, over all spaces. Held back are: channel posts of a blocked run, a part
-- before its earlier ones, what comes after something unsettled, and whatever has the same
-- channel (or member) as a message under way, so that each place is posted to in order.
SELECT d.delivery, d.space, d.run, d.chapter, d.beat, d.purpose, d.part, d.issue, d.kind,
    d.channel, d.member, d.after, d.body, d.planned_at_ms, d.due_at_ms, d.state, d.reason, d.tries,
    d.unclear, d.tried_at_ms, run.status AS run_status, opener.ref AS after_ref
FROM delivery AS d
JOIN run ON run.space = d.space AND run.run = d.run
LEFT JOIN delivery AS opener ON opener.delivery = d.after AND opener.space = d.space
WHERE d.state IN ('pending', 'sending') AND d.due_at_ms <= :now_ms
    AND (d.state = 'pending' OR d.lease_until_ms <= :now_ms)
    AND (run.status <> 'blocked' OR d.member <> '')
    AND (opener.state IS NULL OR opener.state IN ('sent', 'failed', 'skipped'))
    AND NOT EXISTS (
        SELECT 1 FROM delivery AS earlier
        WHERE earlier.space = d.space AND earlier.run = d.run AND earlier.chapter = d.chapter
            AND earlier.beat = d.beat AND earlier.purpose = d.purpose AND earlier.part < d.part
            AND earlier.issue = d.issue AND earlier.state IN ('pending', 'sending', 'uncertain')
    )
    AND NOT EXISTS (
        SELECT 1 FROM delivery AS beside
        WHERE beside.state = 'sending' AND beside.lease_until_ms > :now_ms
            AND beside.space = d.space AND beside.channel = d.channel AND beside.member = d.member
    )
ORDER BY d.due_at_ms, d.planned_at_ms, d.part
LIMIT :most;

-- name: claim_delivery
-- One try more. `tried_at_ms` is the first try that may have left a message: the search starts there.
UPDATE delivery
SET state = 'sending', reason = '', owner = :owner, lease_until_ms = :lease_until_ms,
    tried_at_ms = CASE WHEN tries = 0 THEN :now_ms ELSE tried_at_ms END, tries = tries + 1
WHERE delivery = :delivery
    AND (state = 'pending' OR (state = 'sending' AND lease_until_ms <= :now_ms));

-- name: settle_delivery
-- The fence: who lost the lease (or is an earlier try of the same owner) touches no row.
UPDATE delivery
SET state = :state, reason = :reason, due_at_ms = COALESCE(:due_at_ms, due_at_ms),
    tries = tries - :untried, unclear = unclear + :unclear, ref = :ref,
    settled_at_ms = :settled_at_ms, owner = '', lease_until_ms = 0
WHERE delivery = :delivery AND state = 'sending' AND owner = :owner
    AND lease_until_ms = :lease_until_ms;

-- name: skip_later_parts
-- The rest of a post whose part was refused: half a post is worse than one to be sent again.
UPDATE delivery
SET state = 'skipped', reason = :reason, settled_at_ms = :settled_at_ms
WHERE space = :space AND run = :run AND chapter = :chapter AND beat = :beat
    AND purpose = :purpose AND part > :part AND issue = :issue AND state = 'pending';

-- name: skip_dependants
-- What hangs on a post that failed: its thread, and what was meant for that thread; another beat's
-- posts do not, even if they were meant for it.
UPDATE delivery
SET state = 'skipped', reason = :reason, settled_at_ms = :settled_at_ms
WHERE space = :space AND run = :run AND chapter = :chapter AND beat = :beat
    AND state = 'pending' AND after IN (
    SELECT part.delivery FROM delivery AS part
    WHERE part.space = :space AND part.run = :run AND part.chapter = :chapter
        AND part.beat = :beat AND part.purpose = :purpose AND part.issue = :issue
    UNION ALL
    SELECT thread.delivery FROM delivery AS thread
    JOIN delivery AS part ON part.delivery = thread.after
    WHERE part.space = :space AND part.run = :run AND part.chapter = :chapter
        AND part.beat = :beat AND part.purpose = :purpose AND part.issue = :issue
);

-- name: resolve_delivery
-- A moderator's word. `tries` stays, so that the marker is looked for before it is sent again.
UPDATE delivery
SET state = :state, reason = :reason, due_at_ms = COALESCE(:due_at_ms, due_at_ms),
    settled_at_ms = :settled_at_ms
WHERE space = :space AND delivery = :delivery
    AND (state = 'uncertain'
        OR (:state = 'pending' AND (state = 'failed' OR reason = 'restored')));

-- name: revive_incomplete
-- What was skipped with an earlier message of the same beat goes out after it.
UPDATE delivery SET state = 'pending', reason = '', due_at_ms = :due_at_ms, settled_at_ms = NULL
WHERE space = :space AND run = :run AND chapter = :chapter AND beat = :beat AND issue = :issue
    AND member = '' AND state = 'skipped' AND reason IN ('incomplete', 'restored');

-- name: skip_delivery
-- A person's decision, or a rule's. What is under way can't be skipped any more.
UPDATE delivery
SET state = 'skipped', reason = :reason, settled_at_ms = :settled_at_ms
WHERE space = :space AND delivery = :delivery AND state IN ('pending', 'uncertain');

-- name: skip_run_deliveries
-- What a run had not sent yet; what is under way settles by itself.
UPDATE delivery
SET state = 'skipped', reason = :reason, settled_at_ms = :settled_at_ms
WHERE space = :space AND run = :run AND state IN ('pending', 'uncertain');

-- name: skip_restored
-- After a restore, over all spaces: what an old copy still wanted to post may be there already.
-- What moderators are told in private does no harm twice, and they have to be told.
UPDATE delivery
SET state = 'skipped', reason = :reason, settled_at_ms = :now_ms, owner = '', lease_until_ms = 0
WHERE state IN ('pending', 'sending') AND member = '' AND due_at_ms <= :now_ms;

-- name: hold_refused
-- A run that nobody could block must not be tried in a loop; a run that was moved meanwhile takes
-- along what its old channel has just refused.
UPDATE delivery
SET channel = (
        SELECT run.channel FROM run
        WHERE run.space = delivery.space AND run.run = delivery.run
    ),
    due_at_ms = CASE WHEN EXISTS (
        SELECT 1 FROM run
        WHERE run.space = delivery.space AND run.run = delivery.run
            AND (run.status = 'blocked' OR run.channel <> delivery.channel)
    ) THEN due_at_ms ELSE :again_at_ms END
WHERE delivery = :delivery AND state = 'pending' AND member = '';

-- name: redirect_run_deliveries
-- In the new channel nothing can be there yet, so the first try there needs no search, and
-- nobody has to be asked about it.
UPDATE delivery SET channel = :channel, tries = 0, unclear = 0, state = 'pending', reason = ''
WHERE space = :space AND run = :run AND member = '' AND channel <> :channel
    AND state IN ('pending', 'uncertain');

-- name: delivery_by_id
-- One row of the ledger, as long as it is the asking space's own.
SELECT delivery, space, run, chapter, beat, purpose, part, issue, kind, channel, member, after,
    body, planned_at_ms, due_at_ms, state, reason, tries, ref, settled_at_ms
FROM delivery WHERE space = :space AND delivery = :delivery;

-- name: deliveries_of_run
-- The ledger of a run, the newest plans first, for status.
SELECT delivery, space, run, chapter, beat, purpose, part, issue, kind, channel, member, after,
    body, planned_at_ms, due_at_ms, state, reason, tries, ref, settled_at_ms
FROM delivery WHERE space = :space AND run = :run
ORDER BY planned_at_ms DESC, chapter, beat, purpose, issue, part
LIMIT :most;

-- name: open_deliveries_of_run
-- What a run still owes, in the order in which it was planned.
SELECT delivery, space, run, chapter, beat, purpose, part, issue, kind, channel, member, after,
    body, planned_at_ms, due_at_ms, state, reason, tries, ref, settled_at_ms
FROM delivery
WHERE space = :space AND run = :run AND state IN ('pending', 'sending', 'uncertain')
ORDER BY planned_at_ms, chapter, beat, purpose, issue, part;

-- name: deliveries_of_post
-- The newest issue of one post, part by part: to show it, to edit it, to send it again.
SELECT delivery, space, run, chapter, beat, purpose, part, issue, kind, channel, member, after,
    body, planned_at_ms, due_at_ms, state, reason, tries, ref, settled_at_ms
FROM delivery
WHERE space = :space AND run = :run AND chapter = :chapter AND beat = :beat
    AND purpose = :purpose AND issue = (
        SELECT MAX(newest.issue) FROM delivery AS newest
        WHERE newest.space = :space AND newest.run = :run AND newest.chapter = :chapter
            AND newest.beat = :beat AND newest.purpose = :purpose
    )
ORDER BY part;

-- name: waiting_count
-- How many messages to its channel a run still owes: the number a moderator is told.
SELECT COUNT(*) AS waiting FROM delivery
WHERE space = :space AND run = :run AND kind = 'part' AND member = ''
    AND state IN ('pending', 'sending', 'uncertain');

-- name: next_delivery_due
-- When something open becomes due, or its lease ends; the local hall's clock jumps there.
SELECT MIN(CASE WHEN delivery.state = 'sending' THEN delivery.lease_until_ms
    ELSE delivery.due_at_ms END) AS due_at_ms
FROM delivery
JOIN run ON run.space = delivery.space AND run.run = delivery.run
WHERE delivery.state IN ('pending', 'sending')
    AND (run.status <> 'blocked' OR delivery.member <> '');

-- name: stale_reminders
-- Asked every second: reminders that wait, or were given up by a process that died, and that are
-- late, or whose run does not go on.
SELECT d.delivery FROM delivery AS d
JOIN run ON run.space = d.space AND run.run = d.run
WHERE d.state IN ('pending', 'sending') AND d.due_at_ms <= :now_ms
    AND (d.state = 'pending' OR d.lease_until_ms <= :now_ms)
    AND d.member <> '' AND d.purpose LIKE :reminders
    AND (d.planned_at_ms <= :before_ms OR run.status <> 'active')
ORDER BY d.due_at_ms
LIMIT :most;

-- name: skip_reminder
-- Whoever still tries it has lost it.
UPDATE delivery
SET state = 'skipped', reason = :reason, settled_at_ms = :settled_at_ms, owner = '',
    lease_until_ms = 0
WHERE delivery = :delivery AND state IN ('pending', 'sending');

-- name: skip_reminders_of_member
-- They want none, or none of this run; '' for all.
UPDATE delivery
SET state = 'skipped', reason = :reason, settled_at_ms = :settled_at_ms
WHERE space = :space AND member = :member AND member <> '' AND (:run = '' OR run = :run)
    AND purpose LIKE :reminders AND state = 'pending';
