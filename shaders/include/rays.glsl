// Directions on the sphere. World axes: X right, Y down, Z forward; mirrors cubesal.geometry.

const float PI = 3.14159265358979;

// atan rather than asin for the pitch: accurate near the poles, and any length will do.
vec2 uv_from_dir(vec3 dir) {
    float yaw = atan(dir.x, dir.z);
    float pitch = atan(-dir.y, length(dir.xz));
    return vec2(yaw / (2.0 * PI) + 0.5, 0.5 - pitch / PI);
}
