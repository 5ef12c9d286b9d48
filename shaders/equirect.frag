#version 330 core
// The whole sphere as an equirect picture.

in vec2 pixel;
out vec4 colour;

uniform vec2 picture_size;

#include "include/rays.glsl"
#include "include/yuv.glsl"
#include "include/box.glsl"
#include "include/overlay.glsl"
#include "include/outline.glsl"

vec2 uv_at(vec2 at) {
    return at / picture_size;
}

void ray_at(vec2 at, out vec3 ray, out vec3 right, out vec3 down) {
    vec2 angle = vec2(2.0 * PI, PI) / picture_size;  // of one pixel
    float yaw = angle.x * at.x - PI;
    float pitch = 0.5 * PI - angle.y * at.y;
    ray = vec3(cos(pitch) * sin(yaw), -sin(pitch), cos(pitch) * cos(yaw));
    right = angle.x * vec3(ray.z, 0.0, -ray.x);
    down = angle.y * vec3(sin(pitch) * sin(yaw), cos(pitch), sin(pitch) * cos(yaw));
}

void main() {
    vec3 rgb = with_overlay(boxed_frame(pixel), uv_at(pixel));
    colour = vec4(with_outline(rgb, pixel), 1.0);
}
