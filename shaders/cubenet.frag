#version 330 core
// The sphere as an unfolded cube; mirrors cubesal.geometry.net:
//
//         top
//   left  front  right  back
//         down

in vec2 pixel;
out vec4 colour;

uniform vec2 picture_size;

#include "include/rays.glsl"
#include "include/yuv.glsl"
#include "include/box.glsl"
#include "include/overlay.glsl"
#include "include/outline.glsl"

ivec2 cell;  // column and row of this pixel; taps that reach over an edge stay on its face plane

vec3 net_ray(vec2 at) {
    vec2 ab = 2.0 * (at / picture_size * vec2(4.0, 3.0) - vec2(cell)) - 1.0;
    if (cell.y == 0) return vec3(ab.x, -1.0, ab.y);    // top
    if (cell.y == 2) return vec3(ab.x, 1.0, -ab.y);    // down
    if (cell.x == 0) return vec3(-1.0, ab.y, ab.x);    // left
    if (cell.x == 1) return vec3(ab.x, ab.y, 1.0);     // front
    if (cell.x == 2) return vec3(1.0, ab.y, -ab.x);    // right
    return vec3(-ab.x, ab.y, -1.0);                    // back
}

vec2 uv_at(vec2 at) {
    return uv_from_dir(net_ray(at));
}

void ray_at(vec2 at, out vec3 ray, out vec3 right, out vec3 down) {
    ray = net_ray(at);
    right = net_ray(at + vec2(1.0, 0.0)) - ray;
    down = net_ray(at + vec2(0.0, 1.0)) - ray;
}

void main() {
    cell = ivec2(floor(pixel / picture_size * vec2(4.0, 3.0)));
    if (cell.y != 1 && cell.x != 1)
        discard;
    vec3 rgb = with_overlay(boxed_frame(pixel), uv_at(pixel));
    colour = vec4(with_outline(rgb, pixel), 1.0);
}
