terraform import dts_job.orders l3m1213ye7l2q3n
