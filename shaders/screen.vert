#version 330 core
// One triangle that covers the viewport; no vertex buffer is needed.

uniform vec2 picture_size;  // pixels of the viewport

out vec2 pixel;  // picture coordinates: (0, 0) is the top left corner, x right, y down

void main() {
    vec2 corner = vec2((gl_VertexID & 1) << 2, (gl_VertexID & 2) << 1) - 1.0;
    gl_Position = vec4(corner, 0.0, 1.0);
    pixel = vec2(0.5 + 0.5 * corner.x, 0.5 - 0.5 * corner.y) * picture_size;
}
