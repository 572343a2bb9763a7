/**
 * Tests of the chart, the image and the compose file: what they promise is checked without a
 * cluster.
 */
@org.jspecify.annotations.NullMarked
package io.ralmspec.helm;
