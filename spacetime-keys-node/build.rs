//! Tells the linker that Node brings the symbols of Node-API along.

fn main() {
    napi_build::setup();
}
