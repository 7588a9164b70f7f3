//! The gate of design.md section 3: an instance is bought for a job only past the verdict of its precheck, what failed is
//! told item by item, and no unknown value ever releases an instance.

mod data;
mod job_id;
mod release;
mod verdict;
