"""The archive of reads, and the audit trail's verification."""
