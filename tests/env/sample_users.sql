-- Legacy users for `make run`: what the platform had before this service. Repeating it changes nothing.
-- The first seven have sample identities, so that a first resolve links them; Ada's address is spelt otherwise there.
INSERT INTO `user` (id, email, firstName, lastName, createdAt) VALUES
  ('0192a000-0000-7000-8000-000000000001', 'Ada@Example.ORG',               'Ada',       'Lovelace',   '2021-03-01 09:00:00'),
  ('0192a000-0000-7000-8000-000000000002', 'vint.papadakis@example.org',    'Vint',      'Papadakis',  '2021-03-02 10:15:00'),
  ('0192a000-0000-7000-8000-000000000003', 'lynn.jansen@example.net',       'Lynn',      'Jansen',     '2021-04-11 08:30:00'),
  ('0192a000-0000-7000-8000-000000000004', 'Whitfield.Duarte@example.org',  'Whitfield', 'Duarte',     '2021-05-20 17:45:00'),
  ('0192a000-0000-7000-8000-000000000005', 'manuela.weiss@example.org',     'Manuela',   'Weiss',      '2021-06-28 12:00:00'),
  ('0192a000-0000-7000-8000-000000000006', 'ivan.sato@example.net',         'Ivan',      'Sato',       '2021-09-09 09:09:00'),
  ('0192a000-0000-7000-8000-000000000007', 'carol.eze@example.org',         'Carol',     'Eze',        '2021-11-01 14:20:00'),
  ('0192a000-0000-7000-8000-000000000008', 'dorothy.legacy@example.org',    'Dorothy',   'Vaughan',    '2022-01-17 11:11:00'),
  ('0192a000-0000-7000-8000-000000000009', 'mary.legacy@example.org',       'Mary',      'Jackson',    '2022-02-02 16:00:00'),
  ('0192a000-0000-7000-8000-00000000000a', 'karen.legacy@example.org',      'Karen',     'Jones',      '2022-03-30 07:50:00'),
  ('0192a000-0000-7000-8000-00000000000b', 'jean.legacy@example.org',       'Jean',      'Bartik',     '2022-05-05 19:05:00'),
  ('0192a000-0000-7000-8000-00000000000c', 'frances.legacy@example.org',    'Frances',   'Allen',      '2022-07-12 13:37:00'),
  ('0192a000-0000-7000-8000-00000000000d', 'barbara.legacy@example.org',    'Barbara',   'Liskov',     '2022-08-23 10:00:00'),
  ('0192a000-0000-7000-8000-00000000000e', 'radia.legacy@example.org',      'Radia',     'Perlman',    '2022-10-03 18:18:00'),
  ('0192a000-0000-7000-8000-00000000000f', 'shafi.legacy@example.org',      'Shafi',     'Goldwasser', '2022-12-24 20:00:00'),
  -- Two people share this address: nobody can tell whose it is.
  ('0192a000-0000-7000-8000-000000000010', 'family@example.org',            'Rosalind',  'Franklin',   '2023-01-08 09:30:00'),
  ('0192a000-0000-7000-8000-000000000011', 'family@example.org',            'Muriel',    'Franklin',   '2023-01-08 09:31:00'),
  -- Old rows without names, and one with a name beyond ASCII.
  ('0192a000-0000-7000-8000-000000000012', 'imported-1@example.org',        NULL,        NULL,         '2020-01-01 00:00:00'),
  ('0192a000-0000-7000-8000-000000000013', 'imported-2@example.org',        NULL,        NULL,         '2020-01-01 00:00:00'),
  ('0192a000-0000-7000-8000-000000000014', 'zofie.legacy@example.org',      'Žofie',     'Nováková',   '2023-06-15 15:15:00')
ON DUPLICATE KEY UPDATE id = `user`.id;
