"""PostgreSQL and Kafka as the rest of bolo sees them: pool, audit, migrations, embedded servers."""
