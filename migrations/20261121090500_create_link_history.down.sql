DROP TABLE IF EXISTS link_history
