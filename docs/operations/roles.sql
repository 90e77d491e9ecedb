-- Run once as a superuser: psql -f roles.sql. Then set both passwords: \password guishu_owner, \password guishu_program
-- The owner has the tables and runs migrations; the program can add to history but neither change it nor switch its
-- triggers off.
CREATE ROLE guishu_owner LOGIN;
CREATE ROLE guishu_program LOGIN;
CREATE DATABASE guishu OWNER guishu_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE guishu FROM PUBLIC;
GRANT CONNECT ON DATABASE guishu TO guishu_program;
