// fleet.mjs - cases of page.mjs: what operators do about workers, keys, letters and many runs

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

// w: the world; h: {at, text, press, start, EVIL}
export function fleet(w, { at, text, press, start, EVIL }) {
  const { page } = w;
  const dialog = (name) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
  const row = (words) => page.locator('tbody tr', { hasText: words });

  return {
    async 'now: what is accepted and retried, throughput, spend, when an alert began'() {
      const failed = await start('fails');
      await w.api('POST', '/api/v2/orchestrations/hello/run', { message: 'x', run_at: new Date(Date.now() + 3600e3).toISOString() });
      for (;;) {
        const { status } = await w.api('GET', `/api/v2/runs/${failed}`);
        if (status === 'failed') break;
        await page.waitForTimeout(100);
      }
      await w.api('POST', '/api/v2/queues/default/pause', { reason: EVIL });
      await w.api('POST', `/api/v2/orchestrations/runs/${failed}/resume-failed`, {});
      await at('now');
      for (const [name, count] of [['Accepted', /^1$/], ['Queued', /^1$/], ['Running', /^0$/], ['Retrying', /^1$/]])
        await page.locator('.tile', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd', { hasText: count }).waitFor();
      await text('The last hour');
      await page.locator('.rate .spark rect').first().waitFor();
      await text('Spend today');
      await page.locator('.alerts li', { hasText: 'is paused' }).getByText(/since \w+ \d+, .*\(/).waitFor();
      await w.look('now');
      await w.api('POST', '/api/v2/queues/default/resume');
    },
    async 'analytics: charts, the table behind them, a file'() {
      await w.sql(`INSERT INTO orchestration_runs (run_id, orchestration_id, tenant_id, status, shared_state, step_history, wake, created_at, started_at, ended_at, total_cost_usd, total_tokens_used)
        SELECT 'past_' || i, CASE WHEN i % 3 = 0 THEN $$=1+1,"${EVIL.replaceAll("'", "''")}$$ ELSE 'hello' END, 'default', CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'completed' END, '{}', '[]', 1,
        now() - i * interval '1 hour', now() - i * interval '1 hour', now() - i * interval '1 hour' + i * interval '1 second', i / 100.0, i * 10 FROM generate_series(1, 140) AS i`);
      await at('analytics');
      await page.locator('.plot canvas').nth(3).waitFor();
      await text('p95');
      const days = await page.locator('tbody td[data-label=Day]').allInnerTexts();
      assert.ok(days.length >= 6);
      assert.deepEqual(days, [...days].sort().reverse()); // the newest first
      await w.look('analytics');
      const over = await page.locator('.filters label').evaluateAll((all) => all.map((l) => Math.round(l.control.getBoundingClientRect().bottom - l.getBoundingClientRect().top)));
      assert.equal(new Set(over).size, 1, `labels and fields: ${over}`);
      assert.ok(await page.locator('.list.dense').evaluate((l) => l.scrollWidth <= l.clientWidth), 'columns are out of sight');
      await at('analytics?by=orchestration&days=30');
      await row('hello').first().waitFor();
      assert.equal(await page.locator('.plot').count(), 0);
      await w.look('analytics-orchestration');
      const [file] = await Promise.all([page.waitForEvent('download'), press('Save as CSV')]);
      const lines = fs.readFileSync(await file.path(), 'utf8').split('\r\n');
      assert.match(lines[0], /^orchestration,runs,turns,completed,failed,cancelled,success_rate,p50_seconds/);
      assert.ok(lines.some((l) => l.startsWith('hello,')), lines.join('\n'));
      assert.ok(lines.some((l) => l.startsWith('"\'=1+1,""<img')), lines.join('\n')); // no formula
      await page.getByLabel('By', { exact: true }).selectOption('hour');
      await press('Sum up');
      await page.locator('.plot canvas').first().waitFor();
      await at('analytics?by=day&from=2026-01-01&to=2025-01-01');
      await page.locator('.field', { has: page.getByLabel('From day') }).getByText('Input should be before until').waitFor();
      await at('analytics?by=model');
      await page.locator('tbody tr, .note').first().waitFor();
      await at('analytics?tenant_id=nobody');
      await text('Nothing was accepted in this time.');
      await at("analytics?tenant_id=a'%3B reboot"); // what is copied is one word to a shell
      await page.locator('.command code', { hasText: "--tenant 'a'\\''; reboot'" }).waitFor();
    },
    async 'keys: one is made, shown once, used and revoked'() {
      await at('keys');
      await page.getByLabel('Name', { exact: true }).fill(EVIL);
      await page.getByLabel('Tenant', { exact: true }).fill('acme');
      await press('Make it');
      const key = await page.getByLabel('The key', { exact: true }).inputValue();
      assert.match(key, /^sk-syn-[0-9a-f]{64}$/);
      await w.look('key-made');
      await press('I have it');
      await row(EVIL).waitFor();
      assert.ok(!(await page.content()).includes(key));
      const mine = () => fetch(`${w.base}/api/v2/runs?limit=1`, { headers: { Authorization: `Bearer ${key}` } });
      assert.equal((await mine()).status, 200);
      await w.look('keys');
      await row(EVIL).getByRole('button').click();
      await dialog('Keep');
      await row(EVIL).getByRole('button').click();
      await dialog('Revoke');
      await row(EVIL).getByText('revoked').waitFor();
    },
    async 'a key of a tenant sees no keys, no sums of the fleet, no acts that are not its own'() {
      const { key } = await w.api('POST', '/api/v2/keys', { name: 'bound', tenant_id: 'acme' });
      const context = await page.context().browser().newContext();
      const other = await context.newPage();
      await other.goto(w.base);
      await other.getByLabel('API key').fill(key);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await other.getByRole('heading', { name: 'Newest runs' }).waitFor();
      await other.goto(`${w.base}/#/keys`);
      await other.getByText('may not manage keys').first().waitFor();
      await other.goto(`${w.base}/#/now`);
      await other.locator('.tile').first().waitFor();
      assert.equal(await other.getByText('Spend today').count(), 0);
      await context.close();
    },
    async 'a filter is saved under a name, used and forgotten'() {
      await at('runs?status=failed&orchestration_id=fails');
      await page.getByLabel('Name of this filter').fill(EVIL);
      await press('Save this filter');
      await text('Saved in this browser');
      await at('runs');
      await page.getByLabel('Saved filters', { exact: true }).last().selectOption({ label: EVIL });
      await page.waitForURL(/status=failed/);
      await page.reload();
      await page.getByRole('button', { name: /^Forget/ }).waitFor();
      await w.look('runs-saved');
      await page.getByRole('button', { name: /^Forget/ }).click();
      await page.getByLabel('Name of this filter').waitFor();
    },
    async 'runs: the filters are folded on a phone, a span of time, why nothing is refreshed'() {
      await at('runs?since=7d&orchestration_id=hello');
      await page.locator('tbody tr').nth(49).waitFor();
      const line = await page.locator('.command code').innerText();
      assert.match(line, /--orchestration hello/);
      const { stdout } = await run('sh', ['-c', `"$SYNAPSED" ${line.slice('synapsed '.length)} --limit 3`], { env: { ...process.env, SYNAPSED_URL: w.base, SYNAPSED_KEY: w.key } });
      assert.equal(stdout.match(/^run_/gm).length, 3, stdout);
      assert.equal(await page.locator('.pause').isVisible(), false);
      await press('Show more');
      await page.locator('.pause', { hasText: /Not refreshed while more than the first page is open: this is as of \w+ \d/ }).waitFor();
      await w.look('runs-pages');
      await press('Refresh');
      await page.locator('.pause').waitFor({ state: 'hidden' });
      await press('Select all shown');
      await text('50 selected:');
      await page.locator('.pause', { hasText: 'while runs are selected' }).waitFor();
      await press('Select none');
      await text('All of this filter:');
      await page.locator('.pause').waitFor({ state: 'hidden' });
      await page.setViewportSize({ width: 390, height: 800 });
      await page.getByText('Filters (2): orchestration hello, since 7d').waitFor();
      assert.equal(await page.getByLabel('Status', { exact: true }).isVisible(), false);
      assert.ok((await page.locator('tbody tr').first().boundingBox()).y < 400);
      await page.getByText('Filters (2)').click();
      assert.equal(await page.getByLabel('Status', { exact: true }).isVisible(), true);
      await page.setViewportSize({ width: 1280, height: 900 });
    },
    async 'a dead letter is edited: what is wrong with it, what differs'() {
      const id = await start('hello', 'before');
      await w.sql(`INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function, job_payload, error_message, error_traceback, attempt_count, first_failed_at, last_failed_at, resolved)
        VALUES (gen_random_uuid(), '${id}', 'hello', 'run_orchestration_job', '{"run_id": "${id}", "orch_id": "hello", "initial_input": "before", "inputs": {"a": 1, "b": [1, 2, 3]}, "tenant_id": "default"}',
        $$${EVIL}$$, $$${EVIL}$$, 3, now() - interval '1 hour', now(), false)`);
      await at('dead-letters');
      await page.getByRole('button', { name: /^Look at the letter/ }).first().click();
      await text('Cause of death');
      const box = page.getByLabel('What the retry is given');
      const before = await box.inputValue();
      assert.equal(JSON.parse(before).message, 'before');
      await box.fill(`${before}}`);
      await text(/That is no JSON, line \d+/);
      await box.fill('{"message": 7}');
      await text('“message” has to be a text.');
      await press('Reset');
      await box.fill(before.replace('"before"', '"after"').replace('"a": 1', '"a": 2'));
      await page.locator('.diff .gone', { hasText: '"a": 1' }).waitFor();
      await page.locator('.diff .come', { hasText: 'after' }).waitFor();
      await w.look('dead-letter');
      await press('Retry');
      await page.waitForURL(/#\/run\//);
      await page.locator('.tile', { hasText: 'Status' }).getByText('completed', { exact: true }).waitFor();
      const again = decodeURIComponent(page.url().split('#/run/')[1]);
      const { input, inputs } = await w.api('GET', `/api/v2/runs/${encodeURIComponent(again)}`);
      assert.deepEqual([input, inputs.a], ['after', 2]);
    },
    async 'from an alert to the letter, to its run and back, to the retry'() {
      const id = await start('fails');
      for (;;) { // it is given up
        const { status } = await w.api('GET', `/api/v2/runs/${id}`);
        if (status === 'failed') break;
        await page.waitForTimeout(100);
      }
      const trace = `Traceback (most recent call last):\n${'  File "/srv/app.py", line 7, in handle\n'.repeat(30)}ValueError: no such customer`;
      await w.sql(`INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function, job_payload, error_message, error_traceback, attempt_count, first_failed_at, last_failed_at, resolved)
        VALUES (gen_random_uuid(), '${id}', 'fails', 'run_orchestration_job', '{"run_id": "${id}"}', $$${trace}$$, $$${trace}$$, 3, now(), now(), false)`);
      await at('now');
      await page.locator('.alerts').getByRole('link', { name: /open dead letter/ }).click();
      await row(id).getByText('ValueError: no such customer', { exact: true }).waitFor();
      await row(id).getByRole('link', { name: id }).click();
      await page.getByRole('link', { name: 'Its dead letter' }).click();
      await page.getByRole('heading', { name: `Letter of ${id}` }).waitFor();
      await page.locator('#main .card p.error').getByText('ValueError: no such customer', { exact: true }).waitFor();
      await w.look('dead-letter-trace');
      await press('Retry');
      await page.waitForURL(new RegExp(`#/run/${id}`));
      await page.locator('.facts', { hasText: 'Attempt' }).getByText('2', { exact: true }).waitFor();
    },
    async 'dead letters by a filter: those alone are discarded; one has an address'() {
      await w.sql(`INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function, job_payload, error_message, attempt_count, first_failed_at, last_failed_at, resolved)
        SELECT gen_random_uuid(), 'dead_' || i, CASE WHEN i > 60 THEN 'other' ELSE 'many' END, 'run_orchestration_job', '{}', repeat('a long reason; ', 40), 3, now(), now() - i * interval '1 minute', false FROM generate_series(1, 63) AS i`);
      await at('dead-letters');
      await press('Show more');
      await row('dead_63').waitFor();
      await page.getByLabel('Orchestration', { exact: true }).fill('other');
      await press('Show');
      await row('dead_61').waitFor();
      assert.equal(await page.locator('tbody tr').count(), 3);
      await text('synapsed dlq list --orchestration other');
      await page.getByRole('button', { name: 'Look at the letter of dead_62' }).click();
      await text('a retry lets this run go on where it failed');
      await page.reload();
      await page.getByRole('heading', { name: 'Letter of dead_62' }).waitFor();
      await w.look('dead-letters-filter');
      await press('Close');
      await page.getByRole('heading', { name: 'Letter of dead_62' }).waitFor({ state: 'detached' });
      await press('Discard all of the filter');
      await page.getByRole('dialog').getByText('3. Their runs stay').waitFor();
      await dialog('Discard');
      await text('Discard: 3 done');
      await text('No dead letter fits these filters.');
      await page.getByLabel('State').selectOption('all');
      await press('Show');
      await row('dead_61').getByText('resolved').waitFor();
      await at('dead-letters?orchestration_id=many');
      await row('dead_1').first().waitFor();
      await w.sql("DELETE FROM dead_letter_queue WHERE run_id LIKE 'dead_%'");
    },
    async 'definitions: what the folder has, a bundle in and out'() {
      const folder = path.join(w.dir, 'data'), file = path.join(folder, 'orchestrations.json');
      const mine = (name) => ({ id: 'of_folder', name, entry_step_id: 'e', steps: [{ id: 'e', name: 'e', type: 'end' }] });
      fs.writeFileSync(file, JSON.stringify([mine('One')]));
      await at('definitions');
      await text('changed since: orchestrations.json');
      await press('Sync Now');
      await text('1 synced.');
      await page.getByRole('link', { name: 'One', exact: true }).waitFor();
      await w.api('PUT', '/api/v2/orchestrations/of_folder', mine(`Two ${EVIL}`));
      await press('Sync Now');
      await text('of_folder was changed in the store since');
      await w.look('definitions-kept');
      await press('Overwrite what the store has');
      await dialog('Overwrite');
      await text('1 synced.');
      await page.getByRole('link', { name: 'One', exact: true }).waitFor();
      const [bundle] = await Promise.all([page.waitForEvent('download'), press('Export everything')]);
      const exported = JSON.parse(fs.readFileSync(await bundle.path(), 'utf8'));
      assert.ok(exported.orchestrations.some((o) => o.id === 'of_folder'));
      const input = page.getByLabel('Import a bundle');
      const give = (value) => input.setInputFiles({ name: 'b.json', mimeType: 'application/json', buffer: Buffer.from(value) });
      await give('{nothing');
      await text('b.json is no JSON');
      for (const status of ['created', 'updated']) { // the same name twice
        await give(JSON.stringify({ synapse_export: true, orchestrations: [{ ...mine(status), id: 'of_bundle' }] }));
        await text(`orchestrations: ${status} ${status}`);
      }
      for (const kind of ['agents', 'tools', 'mcp-servers', 'orchestrations']) { // a new one begins as one of its kind
        await at(`definitions/${kind}/+`);
        const box = page.getByLabel('Definition as JSON');
        await box.waitFor();
        const begun = JSON.parse(await box.inputValue());
        await press('Save');
        await text('It needs an');
        for (const key of ['id', 'name', 'url', 'command']) if (begun[key] === '') begun[key] = key === 'url' ? 'https://example.org/' : `new_${kind.slice(0, 3)}`;
        await box.fill(JSON.stringify(begun));
        await press('Save');
        await page.waitForURL(new RegExp(`definitions/${kind}/new_`));
        await at(`definitions/${kind}/+`);
        await box.fill(JSON.stringify(begun));
        await press('Save');
        await text('There is one called');
        await at('definitions');
        await press('Leave');
        await page.getByRole('heading', { level: 1, name: 'Definitions' }).waitFor();
      }
      fs.rmSync(file);
    },
    async 'a worker is pinged, quieted, drained, and a row of one that left is removed'() {
      await w.sql(`INSERT INTO workers (worker_id, hostname, status, registered_at, last_heartbeat, mcp_disabled) VALUES ('gone-9', $$${EVIL}$$, 'offline', now(), now() - interval '1 day', '[{"name": "m", "reason": "<b>x</b>"}]')`);
      await at('workers');
      await row('gone-9').waitFor();
      const live = page.locator('tbody tr', { hasText: 'online' });
      await live.first().waitFor();
      const name = (await live.first().locator('.name').innerText()).trim();
      assert.match(await page.locator('tbody tr').first().innerText(), /online/); // those that work come first
      await text(/^1 of 2 online · 0 of 1,?000 slots in use$/);
      await live.first().getByText(/MiB/).waitFor();
      await live.first().getByText(/generation 1/).waitFor();
      await w.look('workers');
      await page.getByRole('button', { name: `Ping ${name}`, exact: true }).click();
      await text(/answers in \d+ ms|did not|refused|resolve/);
      await page.getByRole('button', { name: `Quiet ${name}`, exact: true }).click();
      await dialog('Quiet it');
      await row(name).getByText('quiet', { exact: true }).waitFor();
      await w.look('workers-quiet');
      await page.getByRole('button', { name: `Drain ${name}`, exact: true }).click();
      await dialog('Drain it');
      await row(name).getByText('quiet', { exact: true }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Remove gone-9', exact: true }).click();
      await dialog('Remove it');
      await row('gone-9').waitFor({ state: 'detached' });
    },
    async 'limits of a tenant, and settings that nothing reads'() {
      await at('scale');
      await page.getByLabel('Tenant', { exact: true }).fill('acme');
      await page.getByLabel('Name', { exact: true }).fill(EVIL);
      await page.getByLabel('Running at the most').fill('7');
      await press('Set the limits');
      await row('acme').getByText('7', { exact: true }).waitFor();
      await page.getByText('Settings of stock that have no effect here').click();
      await text('Not built: there is no exporter');
      await text('Not built: nothing of this program is kept in S3');
      await w.look('scale-tenants');
      await page.getByRole('button', { name: 'Delete acme', exact: true }).click();
      await dialog('Delete');
      await row('acme').waitFor({ state: 'detached' });
    },
    async 'each view prints a command line that there is, and what only reads is run'() {
      const id = await start('hello');
      await w.api('PUT', '/api/v2/schedules/it%27s%20one', { orchestration_id: 'hello', cron: '0 4 * * *' });
      await w.sql("INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function, job_payload, last_failed_at, resolved) VALUES ('00000000-0000-4000-8000-000000000001', 'dead_1', 'a b', 'run_orchestration_job', '{}', now(), false)");
      const ran = new Set(), env = { ...process.env, SYNAPSED_KEY: w.key, SYNAPSED_CONF: path.join(w.dir, 'synapsed.yaml') };
      for (const view of ['schedules/it%27s%20one', 'dead-letters/00000000-0000-4000-8000-000000000001?orchestration_id=a%20b', 'analytics?by=hour&orchestration_id=a%27b', 'now', 'runs?status=failed&tag=a:b', `run/${id}`, 'start', 'approvals', 'chat', 'schedules', 'analytics', 'definitions', 'definitions/orchestrations/hello', 'workers', 'queues', 'dead-letters', 'scale', 'keys']) {
        await at(view);
        await page.locator('.command code').first().waitFor();
        if (view.startsWith('dead-letters/')) await page.getByRole('heading', { name: 'Letter of dead_1' }).waitFor();
        const lines = await page.locator('.command code').allInnerTexts();
        assert.ok(lines.some((l) => l.startsWith('synapsed ')), view);
        for (const command of lines) {
          if (!/^synapsed [a-z]/.test(command)) continue; // how a daemon is started and asked
          const words = command.split(' ').slice(1), verb = words.filter((x) => !x.startsWith('-')).slice(0, ['check', 'status'].includes(words[0]) ? 1 : 2);
          const { stdout } = await run(process.env.SYNAPSED, [...verb, '--help']).catch((error) => { throw new Error(`${view}: ${command}: ${error.stderr}`); });
          for (const flag of command.match(/--[a-z-]+/g) ?? []) assert.ok(new RegExp(`${flag}\\b`).test(stdout), `${view}: ${command}: ${flag}`);
          if (!/[<…]/.test(command) && ['list', 'show', 'stats', 'status'].includes(verb.at(-1))) {
            await run('sh', ['-c', command.replace('synapsed', process.env.SYNAPSED)], { env }).catch((error) => { throw new Error(`${view}: ${command}: ${error.stderr}`); });
            ran.add(verb.join(' '));
          }
        }
      }
      for (const verb of ['run list', 'run stats', 'schedule list', 'schedule show', 'dlq list', 'dlq show', 'queue list', 'worker list', 'key list', 'def list', 'status']) assert.ok(ran.has(verb), `${verb} was not run`);
      await w.sql("DELETE FROM dead_letter_queue WHERE run_id = 'dead_1'");
      await w.api('DELETE', '/api/v2/schedules/it%27s%20one');
    },
    async 'nothing is wider than 360 px'() {
      await page.setViewportSize({ width: 360, height: 740 });
      for (const view of ['now', 'runs', 'start', 'approvals', 'chat', 'schedules', 'analytics', 'definitions', 'definitions/orchestrations/hello', 'workers', 'queues', 'dead-letters', 'scale', 'keys']) {
        await at(view);
        await page.locator('.command').first().waitFor();
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (over > 0) w.faults.push(`wide: ${view} at 360 px has ${over} px too many`);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    },
  };
}
